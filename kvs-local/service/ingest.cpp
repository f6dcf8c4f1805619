// SPDX-License-Identifier: Apache-2.0
#include "service/ingest.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace kvslocal {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

std::int64_t floorMs(nanoseconds time) {
  return std::chrono::floor<milliseconds>(time).count();
}

// A fragment may hold an event of each type once.
constexpr std::array<std::string_view, 2> eventNames{"AWS_KINESISVIDEO_NOTIFICATION",
                                                     "AWS_KINESISVIDEO_IMAGE_GENERATION"};
constexpr std::string_view imagePrefixName = "AWS_KINESISVIDEO_IMAGE_PREFIX";

bool isEvent(const std::string& name) {
  return std::find(eventNames.begin(), eventNames.end(), name) != eventNames.end();
}

std::ptrdiff_t countName(const std::vector<SimpleTag>& tags, const std::string& name) {
  return std::count_if(tags.begin(), tags.end(), [&](const SimpleTag& tag) { return tag.name == name; });
}

}  // namespace

Result<void> checkFragmentTags(const std::vector<SimpleTag>& tags, const IngestLimits& limits) {
  if (tags.size() > limits.maxTags)
    return failure("the fragment has " + std::to_string(tags.size()) + " tags");
  for (const auto& tag : tags) {
    if (tag.name.empty()) return failure("a tag has no name");
    if (tag.name.size() > limits.maxTagName) return failure("a tag's name is too long: " + tag.name);
    if (tag.value.size() > limits.maxTagValue)
      return failure("the value of tag '" + tag.name + "' is too long");
    const bool event = isEvent(tag.name);
    if (tag.name.starts_with("AWS") && !event && tag.name != imagePrefixName) {
      return failure("the tag name '" + tag.name + "' begins with AWS");
    }
    if (event && countName(tags, tag.name) > 1) return failure("the event " + tag.name + " stands twice");
  }
  return {};
}

bool Ingest::feed(ByteView bytes, WallTime now) {
  now_ = now;
  if (over_) return false;
  if (reader_.feed(bytes) == ReadStatus::malformed) refuse(AckError::invalidMkvData, reader_.error());
  return !over_;
}

void Ingest::finish(WallTime now) {
  now_ = now;
  if (over_) return;
  if (!reader_.atCleanEnd() && reader_.offset() > 0) {
    refuse(AckError::invalidMkvData, "the body ended inside an element");
    return;
  }
  // Tags that no Cluster followed have nothing to stand on, save a mark that closed the fragment before.
  pendingTags_.clear();
  if (config_.strictEnd && open_ && open_->hasBlocks && !open_->sized) {
    reason_ = "nothing closed the last fragment, so it is dropped";
    dropOpen();
  }
  completeOpen();
  over_ = true;
}

void Ingest::abort() {
  dropOpen();
  over_ = true;
}

void Ingest::end(std::uint32_t errorId, bool named) {
  if (over_) return;
  Ack ack = makeErrorAck(errorId);
  if (named && open_ && open_->hasBlocks) {
    ack.timecodeMs = open_->summary.ackTimecodeMs;
    ack.fragmentNumber = fragmentNumberText(open_->summary.counter);
  }
  reason_ = ack.errorCode;
  dropOpen();
  over_ = true;
  sink_.ack(ack);
}

bool Ingest::refuse(AckError error, std::string why) {
  if (over_) return false;
  end(static_cast<std::uint32_t>(error), true);
  reason_ += ": " + std::move(why);
  return false;
}

void Ingest::dropOpen() {
  if (open_ && open_->hasBlocks) sink_.discard();
  open_.reset();
}

bool Ingest::onHeader(const StreamHeader& header) {
  header_.timecodeScale = header.timecodeScale;
  header_.tracks = header.tracks;
  for (Track& track : header_.tracks)
    track.codecPrivate = {};  // what is kept for as long as the session is small
  if (header.tracks.size() > config_.limits.maxTracks) {
    return refuse(AckError::moreThanAllowedTracks, std::to_string(header.tracks.size()) + " tracks");
  }
  sink_.header(header);
  return true;
}

bool Ingest::onClusterStart(bool sized) {
  clusterSized_ = sized;
  // With the minimum duration enforced, the fragment before is judged by the new one's Timecode.
  return config_.limits.minFragmentDuration ? true : completeOpen();
}

bool Ingest::onClusterTimecode(std::uint64_t ticks) {
  constexpr auto maxNs = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / 4;
  if (ticks > maxNs / header_.timecodeScale)
    return refuse(AckError::invalidMkvData, "the Timecode is out of range");
  const auto signedTicks = static_cast<std::int64_t>(ticks);
  const nanoseconds timecode = absolute(signedTicks);
  if (!checkDurationBefore(timecode) || !completeOpen()) return false;
  const auto origin = config_.relative ? config_.start.time_since_epoch() : milliseconds{};
  Open fragment;
  fragment.clusterTicks = signedTicks;
  fragment.sized = clusterSized_;
  fragment.summary.timecode = timecode;
  fragment.summary.ackTimecodeMs = floorMs(timecode - origin);
  for (const auto& track : header_.tracks)
    fragment.summary.frames.push_back({track.number, 0});
  fragment.summary.tags = std::exchange(pendingTags_, {});
  fragment.summary.headTags = fragment.summary.tags.size();
  pendingTagBytes_ = 0;
  open_ = std::move(fragment);
  return true;
}

bool Ingest::checkDurationBefore(nanoseconds nextTimecode) {
  if (!config_.limits.minFragmentDuration || !open_ || !open_->hasBlocks) return true;
  if (nextTimecode - open_->summary.firstTime >= *config_.limits.minFragmentDuration) return true;
  return refuse(AckError::minFragmentDuration, "the next fragment begins too soon after it");
}

nanoseconds Ingest::absolute(std::int64_t ticks) const {
  const nanoseconds time(ticks * static_cast<std::int64_t>(header_.timecodeScale));
  return config_.relative ? time + config_.start.time_since_epoch() : time;
}

bool Ingest::onBlockStart(const BlockHead& head) {
  if (!open_) return refuse(AckError::invalidMkvData, "a block follows the end of its fragment");
  if (!open_->hasBlocks && !beginFragment()) return false;
  FragmentSummary& summary = open_->summary;
  std::uint64_t* frames = framesOf(head.track);
  if (frames == nullptr) {
    return refuse(AckError::trackNumberMismatch, "no track has the number " + std::to_string(head.track));
  }
  *frames += head.frames;
  summary.bytes += head.elementBytes;
  if (summary.bytes > config_.limits.maxFragmentBytes) {
    return refuse(AckError::maxFragmentSize, std::to_string(summary.bytes) + " bytes");
  }
  block_ = {head.track, absolute(open_->clusterTicks + head.relativeTicks), {}};
  return takeTime(block_.time);
}

bool Ingest::beginFragment() {
  FragmentSummary& summary = open_->summary;
  open_->hasBlocks = true;
  summary.counter = sink_.openFragment(summary);
  sink_.ack({AckEvent::buffering, summary.ackTimecodeMs, fragmentNumberText(summary.counter), 0, {}});
  if (!checkTags(summary.tags)) return false;
  if (summary.timecode > now_.time_since_epoch() + config_.limits.maxFuture) {
    return refuse(AckError::invalidProducerTimestamp, "the fragment lies in the future");
  }
  return checkAfterPrevious(summary.timecode);
}

bool Ingest::checkAfterPrevious(nanoseconds time) {
  if (!lastTimeBefore_ || time > *lastTimeBefore_) return true;
  return refuse(AckError::timecodeLesserThanPrevious,
                std::to_string(floorMs(time)) +
                    " ms is not after the last frame of the fragment before, at " +
                    std::to_string(floorMs(*lastTimeBefore_)) + " ms");
}

bool Ingest::takeTime(nanoseconds time) {
  if (!checkAfterPrevious(time)) return false;
  FragmentSummary& summary = open_->summary;
  summary.firstTime = open_->timed ? std::min(summary.firstTime, time) : time;
  summary.lastTime = open_->timed ? std::max(summary.lastTime, time) : time;
  open_->timed = true;
  if (summary.lastTime - summary.firstTime <= config_.limits.maxFragmentDuration) return true;
  return refuse(AckError::maxFragmentDuration, "the fragment is longer than the limit");
}

bool Ingest::onBlockBytes(ByteView bytes) {
  sink_.append(bytes);
  return true;
}

bool Ingest::onBlockEnd(const BlockTail& tail) {
  const Track* track = findTrack(block_.track);
  if (track->type == TrackType::video && !open_->videoSeen && !tail.keyFrame) {
    return refuse(AckError::invalidMkvData, "the fragment's first video frame is no key frame");
  }
  open_->videoSeen = open_->videoSeen || track->type == TrackType::video;
  block_.tail = tail;
  sink_.blockSeen(block_);
  return true;
}

bool Ingest::onTagsStart(std::uint64_t bytes) {
  pendingTagBytes_ += std::min(bytes, config_.limits.maxTagBytes + 1);
  if (pendingTagBytes_ <= config_.limits.maxTagBytes) return true;
  return refuse(AckError::fragmentMetadataLimit,
                "the Tags of a fragment are over " + std::to_string(config_.limits.maxTagBytes) + " bytes");
}

bool Ingest::onTags(const std::vector<SimpleTag>& tags) {
  for (const auto& tag : tags) {
    if (tag.name != endOfFragmentTag) pendingTags_.push_back(tag);
  }
  // Whose they are is known later, and with it whom the ERROR names: one too many is enough until then.
  if (pendingTags_.size() > config_.limits.maxTags + 1) pendingTags_.resize(config_.limits.maxTags + 1);
  if (countName(tags, endOfFragmentTag) == 0) return true;
  if (!open_ || !open_->hasBlocks) {
    return refuse(AckError::invalidMkvData, "an end of fragment without a block before it");
  }
  auto& own = open_->summary.tags;
  own.insert(own.end(), pendingTags_.begin(), pendingTags_.end());
  pendingTags_.clear();
  pendingTagBytes_ = 0;
  return checkTags(own) && completeOpen();
}

bool Ingest::checkTags(const std::vector<SimpleTag>& tags) {
  const auto good = checkFragmentTags(tags, config_.limits);
  return good ? true : refuse(AckError::fragmentMetadataLimit, good.error());
}

bool Ingest::completeOpen() {
  if (!open_) return true;
  if (!open_->hasBlocks) {  // a Cluster without blocks is no fragment
    open_.reset();
    return true;
  }
  for (const auto& track : open_->summary.frames) {
    if (track.frames == 0) {
      return refuse(AckError::framesMissingForTrack,
                    "track " + std::to_string(track.track) + " has no frame");
    }
  }
  const FragmentSummary summary = std::move(open_->summary);
  open_.reset();
  lastTimeBefore_ = std::max(lastTimeBefore_.value_or(summary.lastTime), summary.lastTime);
  sink_.ack({AckEvent::received, summary.ackTimecodeMs, fragmentNumberText(summary.counter), 0, {}});
  sink_.seal(summary);
  return true;
}

const Track* Ingest::findTrack(std::uint64_t number) const {
  const auto found = std::find_if(header_.tracks.begin(), header_.tracks.end(),
                                  [&](const Track& track) { return track.number == number; });
  return found == header_.tracks.end() ? nullptr : &*found;
}

std::uint64_t* Ingest::framesOf(std::uint64_t track) {
  auto& frames = open_->summary.frames;
  const auto found =
      std::find_if(frames.begin(), frames.end(), [&](const TrackFrames& one) { return one.track == track; });
  return found == frames.end() ? nullptr : &found->frames;
}

}  // namespace kvslocal
