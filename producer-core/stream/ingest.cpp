// SPDX-License-Identifier: Apache-2.0
#include "stream/ingest.h"

#include <algorithm>
#include <utility>

#include "mkv/cluster.h"

namespace kvs::stream {

namespace {

constexpr std::size_t maxTracks = 3;  // guide, "Maximum number of tracks"

/// A backward step of more than this is a new epoch; a smaller one is nudged.
constexpr Nanoseconds largeStep = Seconds(1);

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
  entry.width = config.width ? config.width : adapter.width();
  entry.height = config.height ? config.height : adapter.height();
  entry.samplingFrequency = config.samplingFrequency;
  entry.channels = config.channels;
  entry.bitDepth = config.bitsPerSample;
  return entry;
}

bool needsCodecPrivate(media::Codec codec) {
  return codec == media::Codec::h264 || codec == media::Codec::h265;
}

}  // namespace

Ingest::Ingest(IngestConfig config, StreamBuffer& buffer, const Clock& clock)
    : config_(std::move(config)), buffer_(buffer), clock_(clock) {}

Result<void> Ingest::setTrack(TrackConfig config) {
  auto adapter = media::FrameAdapter::create(config);
  if (!adapter) return fail(adapter.error());
  const std::uint32_t number = config.number;
  const TrackPtr old = find(number);
  if (old) {
    const std::scoped_lock lock(old->input, buffer_.mutex);
    IngestOutcome outcome;
    if (old->unit.hasFrame) commit(*old, outcome);
  }
  auto track = std::make_shared<Track>(std::move(config), std::move(*adapter));
  const std::lock_guard bufferLock(buffer_.mutex);  // always taken before tracksMutex_
  const std::lock_guard lock(tracksMutex_);
  if (!old && tracks_.size() == maxTracks) {
    return fail(StatusCode::maximumTrackCountExceeded, ErrorKind::fatal,
                "A stream carries 3 tracks at most; this would be the fourth.");
  }
  describe(*track);
  if (old) track->clock = old->clock;
  if (track->config.frameDuration) track->clock.frameDuration = *track->config.frameDuration;
  tracks_[number] = std::move(track);
  return {};
}

Result<IngestOutcome> Ingest::put(const Frame& frame) {
  const TrackPtr track = find(frame.track);
  if (!track) {
    return fail(StatusCode::trackInfoMissing, ErrorKind::fatal,
                "Track " + std::to_string(frame.track) +
                    " was not set up; say what it carries before its first frame.");
  }
  const std::lock_guard input(track->input);
  const auto adapted = track->adapter.inspect(frame.payload);
  if (!adapted) {
    const std::lock_guard lock(buffer_.mutex);
    ++buffer_.stats.skippedInvalid;
    return fail(adapted.error());
  }
  auto outcome = take(*track, frame, *adapted);
  if (outcome.error) return fail(*outcome.error);
  return outcome;
}

Result<void> Ingest::putMetadata(Tag tag, bool persistent) {
  const std::lock_guard lock(buffer_.mutex);
  return metadata_.put(std::move(tag), persistent);
}

void Ingest::seal(SealWith with) {
  for (const TrackPtr& track : allTracks()) {
    // Never waited for: offline, the one who holds it may be waiting for room.
    const std::unique_lock input(track->input, std::try_to_lock);
    if (!input) continue;
    const std::lock_guard lock(buffer_.mutex);
    IngestOutcome outcome;
    if (track->unit.hasFrame) commit(*track, outcome);
  }
  const std::lock_guard lock(buffer_.mutex);
  store::Fragment* growing = buffer_.log.growing();
  if (growing && with == SealWith::endTag) growing->endTag = true;
  buffer_.log.seal();
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

/// Access units are told apart here: one payload each, or collected from NAL-aligned pieces. A payload
/// without a slice (parameter sets only) is kept and stands before the next one.
IngestOutcome Ingest::take(Track& track, const Frame& frame, const media::Adapted& adapted) {
  IngestOutcome outcome;
  if (adapted.startsUnit && track.unit.hasFrame) {
    const std::lock_guard lock(buffer_.mutex);
    commit(track, outcome);
  }
  if (adapted.codecChanged) {
    const std::lock_guard lock(buffer_.mutex);
    describe(track);
  }
  Unit& unit = track.unit;
  takeTimes(unit, frame);
  unit.begun = true;
  unit.hasFrame |= adapted.isFrame;
  unit.bytesKey |= adapted.key;
  unit.saysKey |= frame.key;
  if (adapted.startsUnit) track.skipUnit = false;
  if (!track.skipUnit && !addPayload(track, frame, adapted.size, outcome)) {
    unit = {};
    track.skipUnit = true;
    return outcome;
  }
  const bool complete = !track.config.nalAligned || frame.endOfUnit;
  if (unit.hasFrame && complete) {
    const std::lock_guard lock(buffer_.mutex);
    commit(track, outcome);
  }
  return outcome;
}

/// The slice's times go before those of what stands in front of it; but the first piece of an access
/// unit may be the only one that has a time (h264parse with NAL alignment).
void Ingest::takeTimes(Unit& unit, const Frame& frame) {
  if (!unit.begun || (!unit.hasFrame && (frame.pts || !unit.times.pts))) {
    unit.times = frame;
    unit.times.payload = {};
  }
  if (unit.times.duration == Nanoseconds{0}) unit.times.duration = frame.duration;
}

/// Reserves under the lock, copies outside it.
bool Ingest::addPayload(Track& track, const Frame& frame, std::size_t size, IngestOutcome& outcome) {
  {
    std::unique_lock lock(buffer_.mutex);
    if (buffer_.ended) {
      outcome.fate = FrameFate::noRoom;
      return false;
    }
    const bool hopeless = !track.config.nalAligned && track.unit.hasFrame &&
                          !(track.unit.bytesKey && track.unit.saysKey) &&
                          (!buffer_.log.growing() || buffer_.growingIsBroken);
    if (hopeless) {
      skip(outcome);
      return false;
    }
    if (!makeRoom(lock, track, size, outcome)) return false;
  }
  track.adapter.write(frame.payload, track.unit.block);
  return true;
}

bool Ingest::makeRoom(std::unique_lock<std::mutex>& lock, Track& track, std::size_t size,
                      IngestOutcome& outcome) {
  if (track.unit.block.payloadSize() + size > mkv::maxBlockPayload) {
    noRoom(outcome);
    return false;
  }
  while (tooFarAhead() || !reserve(track, size, !blocksOffline())) {
    if (!blocksOffline()) {
      noRoom(outcome);
      return false;
    }
    if (nothingToWaitFor()) {
      outcome.error =
          Error{StatusCode::storeOutOfMemory, ErrorKind::fatal,
                "One group of pictures fills the whole storage, so nothing can be sent while waiting for "
                "room. Give the stream more storage (storage-size), or the encoder more key frames."};
      return false;
    }
    if (buffer_.interrupted || buffer_.ended) {
      outcome.fate = FrameFate::interrupted;
      return false;
    }
    // Other streams may share the budget; their room is looked for, ours is told.
    ++buffer_.waiting;
    buffer_.changed.wait_for(lock, std::chrono::milliseconds(100));
    --buffer_.waiting;
  }
  return true;
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
  const bool ownBytes = log.limits().storage->used() <= log.totals().bytes + 2 * store::chunkSize;
  return onlyGrowing && ownBytes && !buffer_.ended;
}

bool Ingest::reserve(Track& track, std::size_t size, bool mayDrop) {
  store::Block& block = track.unit.block;
  if (!block.empty()) return buffer_.log.extend(block, size, mayDrop);
  auto reserved = buffer_.log.reserve(mkv::simpleBlockHeadSize, size, mayDrop);
  if (!reserved) return false;
  block = std::move(*reserved);
  return true;
}

/// The budget has no room even for one more frame: the open fragment would be incomplete, so it goes
/// whole, at once or as soon as the cursor has left it (RULES 6).
void Ingest::noRoom(IngestOutcome& outcome) {
  outcome.fate = FrameFate::noRoom;
  ++buffer_.stats.skippedNoRoom;
  if (buffer_.log.growing() && !buffer_.log.dropGrowing(store::LossReason::storageFull)) {
    buffer_.growingIsBroken = true;
  }
  outcome.closeSession = buffer_.log.pinnedInTheWay();
}

/// Under the lock: a delta unit that nothing holds together with a key frame.
void Ingest::skip(IngestOutcome& outcome) {
  outcome.fate = lastTicks_ ? FrameFate::afterGap : FrameFate::beforeFirstKeyFrame;
  ++(lastTicks_ ? buffer_.stats.skippedAfterGap : buffer_.stats.skippedBeforeKeyFrame);
}

/// Under the lock: gives the unit its time and its place.
void Ingest::commit(Track& track, IngestOutcome& outcome) {
  const Placed placed = buffer_.timeline.place(track.unit.times, track.clock);
  if (placed.repaired) ++buffer_.stats.timesRepaired;
  append(track, placed, track.unit.bytesKey && track.unit.saysKey, outcome);
  track.unit = {};
}

void Ingest::append(Track& track, Placed placed, bool key, IngestOutcome& outcome) {
  auto& log = buffer_.log;
  const store::Fragment* open = buffer_.growingIsBroken ? nullptr : log.growing();
  Placement placement = placeFrame(config_.fragmenter, open, placed, key, buffer_.timeline.scale());
  const bool leading = open && placement == Placement::endGroup && placed.ticks < open->firstTicks &&
                       buffer_.timeline.timeOf(open->firstTicks - placed.ticks) <= largeStep;
  if (leading) {
    placed.ticks = open->firstTicks;  // told earlier than the Cluster that carries it: moved to its start
    ++buffer_.stats.timesRepaired;
    placement = Placement::append;
  }
  if (placement == Placement::endGroup) {
    log.seal();
    placement = Placement::skip;
  }
  if (key && headerChanged_) placement = Placement::open;
  const bool cannotOpen =
      placement == Placement::open && (buffer_.growingIsBroken || !openFragment(track, placed));
  if (placement == Placement::skip || cannotOpen) {
    skip(outcome);
    return;
  }
  const store::Fragment& fragment = *log.growing();
  const auto relative = static_cast<std::int16_t>(placed.ticks - fragment.firstTicks);
  const Frame& times = track.unit.times;
  track.unit.block.writeHead(mkv::simpleBlockHead(track.config.number, relative,
                                                  {key, times.invisible, times.discardable},
                                                  track.unit.block.payloadSize()));
  ++buffer_.stats.framesIn;
  buffer_.stats.bytesIn += track.unit.block.size();
  log.append(std::move(track.unit.block), placed.ticks, buffer_.timeline.timeOf(relative) + placed.duration);
  lastTicks_ = std::max(lastTicks_.value_or(placed.ticks), placed.ticks);
  outcome.appended = true;
  if (!blocksOffline()) keepDuration(outcome);
}

/// The budget of time is as hard as that of bytes: where dropping what may go is not enough, the session
/// that pins the rest is closed, and a fragment that alone passes the budget goes whole (RULES 6).
void Ingest::keepDuration(IngestOutcome& outcome) {
  auto& log = buffer_.log;
  log.trimToDuration();
  const Nanoseconds limit = log.limits().duration;
  if (log.totals().duration <= limit) return;
  const store::Fragment* growing = log.growing();
  if (growing && growing->duration > limit && !log.dropGrowing(store::LossReason::durationReached)) {
    buffer_.growingIsBroken = true;
  }
  outcome.closeSession = log.pinnedInTheWay();
}

/// Seals what is open and begins a fragment at this key frame. False where its header is not known
/// yet: nothing is sent until the codec data are.
bool Ingest::openFragment(Track& track, Placed& placed) {
  const auto header = currentHeader();
  if (!header) return false;
  auto& timeline = buffer_.timeline;
  const bool stepsBack = lastTicks_ && timeline.timeOf(*lastTicks_ - placed.ticks) > largeStep;
  if (!timeline.isAnchored() || stepsBack) {
    const WallTime notBefore =
        stepsBack ? timeline.wallTime(timeline.currentEpoch(), *lastTicks_ + 1) : WallTime::min();
    timeline.anchor(clock_.wallNow(), track.unit.times.age.value_or(Nanoseconds{0}), placed.ticks, notBefore);
    if (stepsBack) ++buffer_.stats.timesRepaired;
  } else if (lastTicks_ && placed.ticks <= *lastTicks_) {
    placed.ticks = *lastTicks_ + 1;  // fragments never overlap
    ++buffer_.stats.timesRepaired;
  }
  lastTicks_ = placed.ticks;
  buffer_.log.seal();
  store::Fragment& fragment = buffer_.log.open(*header, timeline.currentEpoch(), placed.ticks);
  fragment.since = clock_.now();
  fragment.headTags = metadata_.take();
  ++buffer_.stats.fragmentsIn;
  return true;
}

/// Under the lock: takes up what is known of the track's codec data now.
void Ingest::describe(Track& track) {
  mkv::TrackEntry entry = trackEntry(track.config, track.adapter);
  track.entryKnown = !needsCodecPrivate(track.config.codec) || track.adapter.codecPrivate();
  headerChanged_ |= entry != track.entry;
  track.entry = std::move(entry);
}

/// The header that the tracks ask for now; a new one only where the bytes differ.
Result<std::uint32_t> Ingest::currentHeader() {
  auto& headers = buffer_.headers;
  if (headerChanged_ || headers.empty()) {
    mkv::HeaderSpec spec = config_.header;
    for (const TrackPtr& track : allTracks()) {
      if (!track->entryKnown) {
        return fail(
            StatusCode::mkvMissingSps, ErrorKind::retryable,
            "The codec data of track " + std::to_string(track->config.number) + " are not known yet.");
      }
      spec.tracks.push_back(track->entry);
    }
    auto rendered = mkv::header(spec);
    if (!rendered) return fail(rendered.error());
    if (headers.empty() || headers.back() != *rendered) headers.push_back(std::move(*rendered));
    headerChanged_ = false;
  }
  return static_cast<std::uint32_t>(headers.size() - 1);
}

std::vector<Ingest::TrackPtr> Ingest::allTracks() const {
  const std::lock_guard lock(tracksMutex_);
  std::vector<TrackPtr> tracks;
  for (const auto& [number, track] : tracks_)
    tracks.push_back(track);
  return tracks;
}

}  // namespace kvs::stream
