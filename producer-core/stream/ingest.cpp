// SPDX-License-Identifier: Apache-2.0
#include "stream/ingest.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "media/aac.h"
#include "media/piece_cursor.h"
#include "mkv/cluster.h"

namespace kvs::stream {

namespace {

constexpr std::size_t maxTracks = 3;  // guide, "Maximum number of tracks"

/// Offline, the track that is behind is let in also over the budget, by so much.
constexpr std::size_t overdraft = 8u << 20;

/// Presentation times since 1970 are of this century.
constexpr WallTime year2000{std::chrono::sys_days(std::chrono::year(2000) / 1 / 1)};

mkv::TrackEntry trackEntry(const TrackConfig& config, const media::FrameAdapter& adapter) {
  mkv::TrackEntry entry;
  entry.number = config.number;
  entry.uid = config.number;
  entry.kind = config.kind == media::TrackKind::video   ? mkv::TrackKind::video
               : config.kind == media::TrackKind::audio ? mkv::TrackKind::audio
                                                        : mkv::TrackKind::metadata;
  entry.codecId = config.codecId.empty() ? std::string(media::defaultCodecId(config.codec)) : config.codecId;
  entry.name = config.name;
  entry.codecPrivate = adapter.codecPrivate().value_or(Bytes{});
  // The adapter knows what the bytes say, which may have changed since the track was set up.
  entry.width = adapter.width() ? adapter.width() : config.width;
  entry.height = adapter.height() ? adapter.height() : config.height;
  entry.samplingFrequency = adapter.samplingFrequency();
  entry.channels = adapter.channels();
  entry.bitDepth = config.bitsPerSample;
  return entry;
}

Result<void> check(const TrackConfig& config, const media::FrameAdapter& adapter) {
  if (config.contentType.size() > limits::contentTypeLength.kept) {
    return fail(limits::contentTypeLength.code, ErrorKind::fatal,
                "The content type of track " + std::to_string(config.number) +
                    " must have at most 128 characters: \"" + config.contentType + "\".");
  }
  return mkv::checkTrack(trackEntry(config, adapter));
}

}  // namespace

Ingest::Ingest(IngestConfig config, StreamBuffer& buffer, const Clock& clock)
    : config_(std::move(config)),
      buffer_(buffer),
      clock_(clock),
      sequencer_(config_.sequencer, buffer, clock) {}

// --- tracks ---

Result<void> Ingest::setTrack(TrackConfig config) {
  auto adapter = media::FrameAdapter::create(config);
  if (!adapter) return fail(adapter.error());
  if (auto checked = check(config, *adapter); !checked) return checked;
  const std::uint32_t number = config.number;
  const TrackPtr old = find(number);
  std::unique_lock<std::mutex> input;
  if (old) {
    input = std::unique_lock(old->input);
    const std::lock_guard lock(buffer_.mutex);
    IngestOutcome outcome;
    if (old->making.hasFrame) finish(*old, outcome);
  }
  auto track = std::make_shared<Track>(std::move(config), std::move(*adapter));
  const std::lock_guard bufferLock(buffer_.mutex);  // always taken before tracksMutex_
  const std::lock_guard lock(tracksMutex_);
  if (!old && tracks_.size() == maxTracks) {
    return fail(StatusCode::maximumTrackCountExceeded, ErrorKind::fatal,
                "A stream has at most 3 tracks; this would be the fourth.");
  }
  if (old) track->clock = old->clock;
  if (track->config.frameDuration) track->clock.setFrameDuration(*track->config.frameDuration);
  const bool known = track->adapter.codecPrivate().has_value();
  auto entry = std::make_shared<const mkv::TrackEntry>(trackEntry(track->config, track->adapter));
  sequencer_.setTrack(track->config, *entry, known);
  if (known) track->entry = std::move(entry);
  tracks_[number] = std::move(track);
  return {};
}

void Ingest::expectTrack(std::uint32_t number) {
  const std::lock_guard lock(buffer_.mutex);
  sequencer_.expectTrack(number);
}

bool Ingest::awaitsFormat() const {
  const std::lock_guard lock(buffer_.mutex);
  return sequencer_.awaitsFormat();
}

IngestOutcome Ingest::endTrack(std::uint32_t number) {
  IngestOutcome outcome;
  if (const TrackPtr track = find(number)) finishUnlessBusy(*track, outcome);
  const std::lock_guard lock(buffer_.mutex);
  sequencer_.endTrack(number, outcome);
  return outcome;
}

/// Never waited for: offline, the one who holds the track may be waiting for room.
void Ingest::finishUnlessBusy(Track& track, IngestOutcome& outcome) {
  const std::unique_lock input(track.input, std::try_to_lock);
  if (!input) return;
  const std::lock_guard lock(buffer_.mutex);
  if (track.making.hasFrame) finish(track, outcome);
}

IngestOutcome Ingest::removeTrack(std::uint32_t number) {
  IngestOutcome outcome = endTrack(number);
  const std::lock_guard lock(buffer_.mutex);
  sequencer_.removeTrack(number, outcome);
  const std::lock_guard tracksLock(tracksMutex_);
  tracks_.erase(number);
  return outcome;
}

IngestOutcome Ingest::putGap(std::uint32_t number, Nanoseconds end) {
  IngestOutcome outcome;
  const std::lock_guard lock(buffer_.mutex);
  sequencer_.putGap(number, end, outcome);
  return outcome;
}

bool Ingest::takeKeyFrameRequest(std::uint32_t number) {
  const std::lock_guard lock(buffer_.mutex);
  return sequencer_.takeKeyFrameRequest(number);
}

Result<void> Ingest::putMetadata(Tag tag, bool persistent) {
  const std::lock_guard lock(buffer_.mutex);
  return sequencer_.metadata().put(std::move(tag), persistent);
}

Result<void> Ingest::putEvent(const FragmentEvent& event) {
  const std::lock_guard lock(buffer_.mutex);
  store::Fragment* open = buffer_.growingIsBroken ? nullptr : buffer_.log.growing();
  return sequencer_.metadata().putEvent(event, open);
}

// --- frames ---

Result<IngestOutcome> Ingest::put(const Frame& frame) {
  const TrackPtr track = find(frame.track);
  if (!track) {
    return fail(StatusCode::trackInfoMissing, ErrorKind::fatal,
                "Track " + std::to_string(frame.track) +
                    " was not set up; say what it carries before its first frame.");
  }
  const std::lock_guard input(track->input);
  return track->config.adts ? putEach(*track, frame) : putOne(*track, frame);
}

/// A payload of several ADTS frames: the first has its time, the others follow from it.
Result<IngestOutcome> Ingest::putEach(Track& track, const Frame& frame) {
  std::vector<media::ByteRange> ranges;
  if (auto split = media::splitAdts(frame.payload, ranges); !split) {
    const std::lock_guard lock(buffer_.mutex);
    ++buffer_.stats.skippedInvalid;
    return fail(split.error());
  }
  Frame one = frame;
  std::vector<ByteView> pieces;
  IngestOutcome all;
  for (const media::ByteRange& range : ranges) {
    media::subPieces(frame.payload, range.offset, range.size, pieces);
    one.payload = pieces;
    if (ranges.size() > 1) one.duration = Nanoseconds{0};
    const auto outcome = putOne(track, one);
    if (!outcome) return outcome;
    all.add(*outcome);
    const Nanoseconds each = track.adapter.frameDuration().value_or(Nanoseconds{0});
    for (auto* time : {&one.pts, &one.dts}) {
      if (*time) **time += each;
    }
  }
  return all;
}

Result<IngestOutcome> Ingest::putOne(Track& track, const Frame& frame) {
  if (config_.timestampSource == TimestampSource::pts && frame.pts && WallTime(*frame.pts) < year2000) {
    return fail(StatusCode::mkvInvalidFrameTimestamp, ErrorKind::fatal,
                "Presentation times are configured to count from 1970, and this one is before the year 2000: "
                "the source counts from something else. Choose another timestamp source.");
  }
  const auto adapted = track.adapter.inspect(frame.payload);
  if (!adapted) {
    const std::lock_guard lock(buffer_.mutex);
    ++buffer_.stats.skippedInvalid;
    return fail(adapted.error());
  }
  auto outcome = take(track, frame, *adapted);
  if (outcome.error) return fail(*outcome.error);
  return outcome;
}

/// Access units are told apart here: one payload each, or collected from NAL-aligned pieces. A payload
/// without a slice (parameter sets only) is kept and stands before the next one.
IngestOutcome Ingest::take(Track& track, const Frame& frame, const media::Adapted& adapted) {
  IngestOutcome outcome;
  if (adapted.startsUnit && track.making.hasFrame) {
    const std::lock_guard lock(buffer_.mutex);
    finish(track, outcome);
  }
  if (adapted.codecChanged) {
    track.entry = std::make_shared<const mkv::TrackEntry>(trackEntry(track.config, track.adapter));
  }
  Making& making = track.making;
  takeTimes(making, frame);
  making.begun = true;
  making.hasFrame |= adapted.isFrame;
  making.bytesKey |= adapted.key;
  making.saysKey |= frame.key;
  making.mayHaveLeading |= adapted.mayHaveLeading;
  if (adapted.startsUnit) track.skipUnit = false;
  if (!track.skipUnit && !addPayload(track, frame, adapted.size, outcome)) {
    making = {};
    track.skipUnit = true;
    return outcome;
  }
  const bool complete = !track.config.nalAligned || frame.endOfUnit;
  if (making.hasFrame && complete) {
    const std::lock_guard lock(buffer_.mutex);
    finish(track, outcome);
  }
  return outcome;
}

/// The slice's times go before those of what stands in front of it; but the first piece of an access
/// unit may be the only one that has a time (h264parse with NAL alignment).
void Ingest::takeTimes(Making& making, const Frame& frame) {
  if (!making.begun || (!making.hasFrame && (frame.pts || !making.times.pts))) {
    making.times = frame;
    making.times.payload = {};
  }
  if (making.times.duration == Nanoseconds{0}) making.times.duration = frame.duration;
}

/// Reserves under the lock, copies outside it.
bool Ingest::addPayload(Track& track, const Frame& frame, std::size_t size, IngestOutcome& outcome) {
  Making& making = track.making;
  {
    std::unique_lock lock(buffer_.mutex);
    if (buffer_.ended) {
      outcome.fate = FrameFate::noRoom;
      return false;
    }
    const auto refuses = sequencer_.refuses(track.config.number);
    const bool whole = !track.config.nalAligned && making.hasFrame;
    if (refuses && whole && !(making.bytesKey && making.saysKey)) {
      sequencer_.skip(*refuses, outcome);
      return false;
    }
    if (!makeRoom(lock, track, size, outcome)) return false;
  }
  track.adapter.write(frame.payload, making.block);
  if (track.config.kind == media::TrackKind::data) {
    for (const ByteView piece : frame.payload)
      making.sample.insert(making.sample.end(), piece.begin(), piece.end());
  }
  return true;
}

bool Ingest::makeRoom(std::unique_lock<std::mutex>& lock, Track& track, std::size_t size,
                      IngestOutcome& outcome) {
  if (track.making.block.payloadSize() + size > mkv::maxBlockPayload) {
    sequencer_.noRoom(outcome);
    return false;
  }
  for (;;) {
    // Who is behind is let in, or the one who is ahead would wait for it for ever.
    const bool behind = blocksOffline() && sequencer_.isBehind(track.config.number);
    if ((behind || !tooFarAhead()) && reserve(track, size, behind ? overdraft : 0)) return true;
    if (!blocksOffline()) {
      sequencer_.noRoom(outcome);
      return false;
    }
    if (nothingToWaitFor() && !mayWait(outcome)) return false;
    if (buffer_.interrupted || buffer_.ended) {
      outcome.fate = FrameFate::interrupted;
      return false;
    }
    // Other streams may share the budget; their room is looked for, ours is told.
    ++buffer_.waiting;
    buffer_.changed.wait_for(lock, std::chrono::milliseconds(100));
    --buffer_.waiting;
  }
}

/// The log has nothing that could be sent: what waits for another track goes now, or there is no hope.
bool Ingest::mayWait(IngestOutcome& outcome) {
  if (sequencer_.giveUpWaiting(outcome)) return true;
  outcome.error =
      Error{StatusCode::storeOutOfMemory, ErrorKind::fatal,
            "One group of pictures fills the whole storage, so nothing can be sent while waiting for room. "
            "Give the stream more storage (storage-size), or let the encoder send key frames more often."};
  return false;
}

/// Offline: the budget of time holds back as the budget of bytes does; nothing is dropped.
bool Ingest::tooFarAhead() const {
  const auto& totals = buffer_.log.totals();
  return blocksOffline() && totals.fragments > 1 && totals.duration > buffer_.log.limits().duration;
}

/// Offline: room only comes back as fragments before the open one are persisted. Other streams that
/// share the budget may give some too.
bool Ingest::nothingToWaitFor() const {
  const auto& log = buffer_.log;
  const bool onlyGrowing = log.totals().fragments <= (log.growing() ? 1u : 0u);
  const bool ownBytes =
      log.limits().storage->used() <= log.totals().bytes + 2 * store::chunkSize || sequencer_.hasUnits();
  return onlyGrowing && ownBytes && !buffer_.ended;
}

bool Ingest::reserve(Track& track, std::size_t size, std::size_t beyond) {
  store::Block& block = track.making.block;
  const bool mayDrop = !blocksOffline();
  if (!block.empty()) return buffer_.log.extend(block, size, mayDrop, beyond);
  auto reserved = buffer_.log.reserve(mkv::simpleBlockHeadSize, size, mayDrop, beyond);
  if (!reserved) return false;
  block = std::move(*reserved);
  return true;
}

/// Under the lock: the unit is complete, and is given its times and its place.
void Ingest::finish(Track& track, IngestOutcome& outcome) {
  Making making = std::exchange(track.making, {});
  Unit unit;
  if (making.times.duration == Nanoseconds{0}) {
    making.times.duration = track.adapter.frameDuration().value_or(Nanoseconds{0});
  }
  unit.times = timesOf(track, making.times);
  unit.capture = captureOf(making.times, clock_, buffer_.wall ? buffer_.wall->moved() : Nanoseconds{0});
  unit.key = track.config.kind != media::TrackKind::video || (making.bytesKey && making.saysKey);
  unit.mayHaveLeading = making.mayHaveLeading;
  unit.invisible = making.times.invisible;
  unit.discardable = making.times.discardable;
  unit.corrupted = making.times.corrupted;
  unit.entry = std::exchange(track.entry, nullptr);
  if (!making.sample.empty()) unit.sample = std::make_shared<const Bytes>(std::move(making.sample));
  unit.block = std::move(making.block);
  sequencer_.push(track.config.number, std::move(unit), outcome);
}

FrameTimes Ingest::timesOf(Track& track, const Frame& frame) const {
  if (config_.timestampSource != TimestampSource::arrival) {
    return track.clock.place(frame.pts, frame.dts, frame.duration);
  }
  // Pictures that are decoded ahead of others are shown as much later as their source says.
  const Nanoseconds now = clock_.now().time_since_epoch();
  const bool both = frame.pts && frame.dts && *frame.pts > *frame.dts;
  return track.clock.place(now + (both ? *frame.pts - *frame.dts : Nanoseconds{0}), now, frame.duration);
}

// --- time and ends ---

void Ingest::seal(SealWith with) {
  IngestOutcome outcome;
  for (const TrackPtr& track : allTracks())
    finishUnlessBusy(*track, outcome);
  const std::lock_guard lock(buffer_.mutex);
  sequencer_.seal(with == SealWith::endTag, outcome);
}

IngestOutcome Ingest::expire() {
  IngestOutcome outcome;
  const std::lock_guard lock(buffer_.mutex);
  sequencer_.expire(outcome);
  return outcome;
}

std::optional<TimePoint> Ingest::deadline() const {
  const std::lock_guard lock(buffer_.mutex);
  return sequencer_.deadline();
}

std::string Ingest::contentType() const {
  std::string all;
  for (const TrackPtr& track : allTracks()) {
    const TrackConfig& config = track->config;
    all += all.empty() ? "" : ",";
    all += config.contentType.empty() ? std::string(media::defaultContentType(config.codec))
                                      : config.contentType;
  }
  return all;
}

Ingest::TrackPtr Ingest::find(std::uint32_t number) const {
  const std::lock_guard lock(tracksMutex_);
  const auto it = tracks_.find(number);
  return it == tracks_.end() ? nullptr : it->second;
}

std::vector<Ingest::TrackPtr> Ingest::allTracks() const {
  const std::lock_guard lock(tracksMutex_);
  std::vector<TrackPtr> tracks;
  for (const auto& [number, track] : tracks_)
    tracks.push_back(track);
  return tracks;
}

}  // namespace kvs::stream
