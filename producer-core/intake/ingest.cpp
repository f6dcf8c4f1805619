// SPDX-License-Identifier: Apache-2.0
#include "intake/ingest.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/time_range.h"
#include "media/aac.h"
#include "media/opus.h"
#include "media/piece_cursor.h"
#include "mkv/cluster.h"

namespace kvs::intake {

namespace {

/// Offline, what is awaited is let in also over the budget, by so much.
constexpr std::size_t overdraft = 8u << 20;

/// Presentation times since 1970 are of this century.
constexpr WallTime year2000{std::chrono::sys_days(std::chrono::year(2000) / 1 / 1)};

/// No frame is shown or heard for longer.
constexpr Nanoseconds longestDuration = std::chrono::hours(24);

/// Samples that wait for a frame that tells the time.
constexpr std::size_t mostEarly = 100;

/// A thread is counted while it is inside.
class Visit {
 public:
  explicit Visit(std::atomic<unsigned>& visitors) : visitors_(visitors) { ++visitors_; }
  ~Visit() { --visitors_; }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  std::atomic<unsigned>& visitors_;
};

bool isPlausible(const Frame& frame) {
  const auto are = [](const std::optional<Nanoseconds>& time) { return !time || kvs::isPlausible(*time); };
  return are(frame.pts) && are(frame.dts) && are(frame.arrival) && frame.duration >= Nanoseconds{0} &&
         kvs::isPlausible(frame.duration) && (!frame.captured || are(frame.captured->time_since_epoch())) &&
         (!frame.reference || are(frame.reference->time_since_epoch()));
}

/// Whether the frames behind one configuration may be decoded with those ahead of it. What only one of
/// them knows, such as the size, is no difference.
bool isOneSource(const TrackFormat& a, const TrackFormat& b) {
  const auto agree = [](std::uint32_t one, std::uint32_t other) {
    return one == 0 || other == 0 || one == other;
  };
  return a.codec == b.codec && a.codecId == b.codecId &&
         (a.codecPrivate == b.codecPrivate || a.codecPrivate.empty() || b.codecPrivate.empty()) &&
         agree(a.width, b.width) && agree(a.height, b.height) && a.inputFraming.kind == b.inputFraming.kind;
}

/// But for the frame rate.
bool isUnchanged(const TrackFormat& a, const TrackFormat& b) {
  return isOneSource(a, b) && a.codecPrivate == b.codecPrivate && a.width == b.width &&
         a.height == b.height && a.contentType == b.contentType && a.name == b.name &&
         a.samplingFrequency == b.samplingFrequency && a.channels == b.channels &&
         a.bitsPerSample == b.bitsPerSample && a.adaptation == b.adaptation &&
         a.inputFraming.lengthSize == b.inputFraming.lengthSize && a.nalAligned == b.nalAligned &&
         a.adts == b.adts;
}

mkv::TrackKind kindOf(const Track& track) {
  if (track.isVideo()) return mkv::TrackKind::video;
  return track.isData() ? mkv::TrackKind::metadata : mkv::TrackKind::audio;
}

mkv::TrackEntry trackEntry(const Track& track, const TrackFormat& format,
                           const media::FrameAdapter& adapter) {
  mkv::TrackEntry entry;
  entry.number = track.number;
  entry.uid = track.number;
  entry.kind = kindOf(track);
  entry.codecId = codecIdOf(format);
  entry.name = format.name;
  entry.codecPrivate = adapter.codecPrivate().value_or(Bytes{});
  // The adapter knows what the bytes say, which may have changed since the track was set up.
  entry.width = adapter.width() ? adapter.width() : format.width;
  entry.height = adapter.height() ? adapter.height() : format.height;
  entry.samplingFrequency = adapter.samplingFrequency();
  entry.channels = adapter.channels();
  entry.bitDepth = format.bitsPerSample;
  if (entry.codecId == media::opusCodecId) {
    entry.codecDelay = media::opusCodecDelay(entry.codecPrivate);
    entry.seekPreRoll = media::opusSeekPreRoll;
  }
  return entry;
}

Result<void> check(const Track& track, const TrackFormat& format, const media::FrameAdapter& adapter) {
  if (format.contentType.size() > limits::contentTypeLength.kept) {
    return fail(limits::contentTypeLength.code, ErrorKind::fatal,
                "The content type of the track \"" + track.label + "\" must have at most 128 characters: \"" +
                    format.contentType + "\".");
  }
  return mkv::checkTrack(trackEntry(track, format, adapter));
}

Error removedError(const Track& track) {
  return {StatusCode::trackInfoMissing, ErrorKind::fatal,
          "The track \"" + track.label + "\" was removed from its stream; add another one."};
}

}  // namespace

Ingest::Ingest(IngestConfig config, store::StreamStore& store, IntakeState& state, const Clock& clock,
               std::function<void()> wake)
    : config_(std::move(config)),
      store_(store),
      state_(state),
      clock_(clock),
      wake_(std::move(wake)),
      sequencer_(config_.sequencer, state, clock) {}

// --- tracks ---

Result<TrackPtr> Ingest::addTrack(media::TrackKind kind, std::string label) {
  const Lock lock(store_.mutex());
  auto added = tracks_.add(kind, std::move(label));
  if (!added) return added;
  (*added)->key = ++lastKey_;
  sequencer_.expectTrack((*added)->key);
  return added;
}

Result<void> Ingest::setFormat(Track& track, TrackFormat format) {
  auto adapter = media::FrameAdapter::create(format);
  if (!adapter) return fail(adapter.error());
  const std::lock_guard input(track.input);
  const Lock lock(store_.mutex());
  if (track.removed) return fail(removedError(track));
  if (auto checked = check(track, format, *adapter); !checked) return checked;
  IngestOutcome outcome;
  if (track.making.hasFrame) finish(track, outcome);
  if (track.adapter && isUnchanged(track.format, format)) {
    track.format.frameDuration = format.frameDuration;
  } else {
    takeFormat(track, std::move(format), std::move(*adapter));
  }
  if (track.format.frameDuration) track.clock.setFrameDuration(*track.format.frameDuration);
  return {};
}

/// Under the track's lock and the stream's.
void Ingest::takeFormat(Track& track, TrackFormat format, media::FrameAdapter adapter) {
  if (!track.settled) {
    sequencer_.forgetExpected(track.key);
    tracks_.settle(track);
    track.key = track.number;
  }
  if (track.adapter && !isOneSource(track.format, format)) sequencer_.changeSource(track.key);
  track.format = std::move(format);
  track.adapter = std::move(adapter);
  track.making = {};
  track.skipUnit = false;
  const bool known = track.adapter->codecPrivate().has_value();
  auto entry = std::make_shared<const mkv::TrackEntry>(trackEntry(track, track.format, *track.adapter));
  sequencer_.setTrack(track, *entry, known);
  sequencer_.setAnnouncer(track.key, thisFeeder());
  track.entry = track.current = known ? std::move(entry) : nullptr;
}

TrackId Ingest::idOf(const Track& track) const {
  const Lock lock(store_.mutex());
  return track.id();
}

bool Ingest::awaitsFormat() const {
  const Lock lock(store_.mutex());
  return sequencer_.awaitsFormat();
}

IngestOutcome Ingest::end(Track& track) {
  IngestOutcome outcome;
  finishUnlessBusy(track, outcome);
  const Lock lock(store_.mutex());
  sequencer_.endTrack(track.key, outcome);
  moved();
  conclude(outcome);
  return outcome;
}

/// Never waited for: offline, the one who holds the track may be waiting for room.
void Ingest::finishUnlessBusy(Track& track, IngestOutcome& outcome) {
  const std::unique_lock input(track.input, std::try_to_lock);
  if (!input) return;
  const Lock lock(store_.mutex());
  if (track.making.hasFrame) finish(track, outcome);
}

IngestOutcome Ingest::remove(Track& track) {
  IngestOutcome outcome = end(track);
  const Lock lock(store_.mutex());
  if (track.removed) return outcome;
  sequencer_.removeTrack(track.key, outcome);
  tracks_.remove(track);
  track.key = 0;
  moved();
  conclude(outcome);
  return outcome;
}

void Ingest::changeSource(Track& track) {
  IngestOutcome outcome;
  finishUnlessBusy(track, outcome);
  const Lock lock(store_.mutex());
  sequencer_.changeSource(track.key);
}

IngestOutcome Ingest::gap(Track& track, Nanoseconds end) {
  IngestOutcome outcome;
  if (!kvs::isPlausible(end)) return outcome;
  const Lock lock(store_.mutex());
  sequencer_.setFeeder(track.key, thisFeeder());
  sequencer_.putGap(track.key, end, outcome);
  moved();
  conclude(outcome);
  return outcome;
}

bool Ingest::takeKeyFrameRequest(Track& track) {
  const Lock lock(store_.mutex());
  return sequencer_.takeKeyFrameRequest(track.key);
}

Result<void> Ingest::putMetadata(Tag tag, bool persistent) {
  const Lock lock(store_.mutex());
  return sequencer_.metadata().put(std::move(tag), persistent);
}

Result<void> Ingest::putEvent(const FragmentEvent& event) {
  const Lock lock(store_.mutex());
  return sequencer_.putEvent(event);
}

// --- frames ---

Result<IngestOutcome> Ingest::put(Track& track, const Frame& frame) {
  const std::lock_guard input(track.input);
  const Visit visit(putting_);
  if (!track.adapter) {
    return fail(StatusCode::trackInfoMissing, ErrorKind::fatal,
                "The format of the track \"" + track.label +
                    "\" is not known; say what it carries before its first frame.");
  }
  if (!isPlausible(frame)) {
    refuse(track, frame, std::nullopt);
    const Lock lock(store_.mutex());
    ++state_.stats.skippedInvalid;
    return fail(StatusCode::mkvInvalidFrameTimestamp, ErrorKind::fatal,
                "A frame has a time or a duration that no clock shows, more than 146 years from zero, and is "
                "not sent: what sets the times of the source is broken.");
  }
  return track.format.adts ? putEach(track, frame) : putOne(track, frame);
}

/// A payload of several ADTS frames: the first has its time, the others follow from it.
Result<IngestOutcome> Ingest::putEach(Track& track, const Frame& frame) {
  std::vector<media::ByteRange> ranges;
  if (auto split = media::splitAdts(frame.payload, ranges); !split) {
    const Lock lock(store_.mutex());
    ++state_.stats.skippedInvalid;
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
    const Nanoseconds each = track.adapter->frameDuration().value_or(Nanoseconds{0});
    for (auto* time : {&one.pts, &one.dts, &one.arrival}) {
      if (*time) **time += each;
    }
  }
  return all;
}

Result<IngestOutcome> Ingest::putOne(Track& track, const Frame& frame) {
  track.saysDelta |= !frame.key;
  if (config_.timestampSource == TimestampSource::pts && frame.pts && WallTime(*frame.pts) < year2000) {
    refuse(track, frame, std::nullopt);
    const Lock lock(store_.mutex());
    ++state_.stats.skippedInvalid;
    return fail(StatusCode::mkvInvalidFrameTimestamp, ErrorKind::fatal,
                "Presentation times are configured to count from 1970, and this one is before the year 2000: "
                "the source counts from something else. Choose another timestamp source.");
  }
  const auto adapted = track.adapter->inspect(frame.payload);
  if (!adapted) {
    refuse(track, frame, track.adapter->sawKey());
    const Lock lock(store_.mutex());
    ++state_.stats.skippedInvalid;
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
    const Lock lock(store_.mutex());
    finish(track, outcome);
    conclude(outcome, &frame);
  }
  if (adapted.codecChanged) {
    track.entry = std::make_shared<const mkv::TrackEntry>(trackEntry(track, track.format, *track.adapter));
    track.current = track.entry;
  }
  if (adapted.startsUnit) track.skipUnit = false;
  if (track.skipUnit) return outcome;
  Making& making = track.making;
  const bool hadFrame = making.hasFrame;
  takeTimes(making, frame);
  takeKind(making, frame, adapted);
  if (!addPayload(track, frame, adapted.size, outcome)) {
    leaveOut(track, hadFrame, outcome.fate == FrameFate::interrupted);
    return outcome;
  }
  const bool complete = !track.format.nalAligned || frame.endOfUnit;
  if (making.hasFrame && complete) {
    const Lock lock(store_.mutex());
    finish(track, outcome);
    conclude(outcome, &frame);
  }
  return outcome;
}

/// A payload was not kept. One that was interrupted comes again, and what stands in front of it waits for it.
void Ingest::leaveOut(Track& track, bool hadFrame, bool comesAgain) {
  if (comesAgain && !track.making.block.empty()) {
    track.making.hasFrame = hadFrame;
  } else {
    track.making = {};
    track.skipUnit = !comesAgain;
  }
}

/// A key frame that is refused takes those with it that need it. Bytes that could not be read tell nothing:
/// then it is the application's word that counts, where it tells key frames from others.
void Ingest::refuse(Track& track, const Frame& frame, std::optional<bool> bytesKey) {
  const bool isKey = frame.key && bytesKey.value_or(track.saysDelta);
  if (!track.isVideo() || !isKey) return;
  track.lostKey = true;
  if (track.making.hasFrame) track.making = {};
  track.skipUnit = true;
  const Lock lock(store_.mutex());
  sequencer_.askForKeyFrame(track.key);
}

void Ingest::takeKind(Making& making, const Frame& frame, const media::Adapted& adapted) {
  making.begun = true;
  making.hasFrame |= adapted.isFrame;
  making.bytesKey |= adapted.key;
  making.saysKey |= frame.key;
  making.sliceSaysKey |= adapted.isFrame && frame.key;
  making.hasIntra |= adapted.hasIntra;
  making.hasInter |= adapted.hasInter;
  making.closed |= adapted.closed;
  making.mayHaveLeading |= adapted.mayHaveLeading;
  if (adapted.outOfBand) making.outOfBand = adapted.outOfBand;
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
    const Lock lock(store_.mutex());
    if (!admit(track, size, outcome)) {
      conclude(outcome, &frame);
      return false;
    }
  }
  track.adapter->write(frame.payload, making.block);
  if (track.isData()) {
    for (const ByteView piece : frame.payload)
      making.sample.insert(making.sample.end(), piece.begin(), piece.end());
  }
  return true;
}

bool Ingest::admit(Track& track, std::size_t size, IngestOutcome& outcome) {
  if (track.removed) {
    outcome.error = removedError(track);
    return false;
  }
  if (store_.ended()) {
    outcome.fate = FrameFate::noRoom;
    return false;
  }
  sequencer_.setFeeder(track.key, thisFeeder());
  const auto refuses = sequencer_.refuses(track.key);
  const bool whole = !track.format.nalAligned && track.making.hasFrame;
  if (refuses && whole && !track.making.key()) {
    passOver(track, outcome);
    sequencer_.refuse(track.key, outcome);
    return false;
  }
  return makeRoom(track, size, outcome);
}

bool Ingest::makeRoom(Track& track, std::size_t size, IngestOutcome& outcome) {
  if (track.making.block.payloadSize() + size > mkv::maxBlockPayload) {
    sequencer_.noRoom(outcome);
    return false;
  }
  const Feeder feeder = thisFeeder();
  for (;;) {
    // What is awaited is let in, or what waits for it would keep the room that it needs.
    const bool awaited = blocksOffline() && sequencer_.isAwaited(track.key);
    const bool heldBack = isHeldBack(track, feeder, outcome);
    if (!heldBack && (awaited || !tooFarAhead()) && reserve(track, size, awaited ? overdraft : 0))
      return true;
    if (!blocksOffline()) {
      sequencer_.noRoom(outcome);
      return false;
    }
    if (!heldBack && nothingToWaitFor() && !mayWait(feeder, outcome)) return false;
    if (state_.interrupted || store_.ended()) {
      outcome.fate = FrameFate::interrupted;
      return false;
    }
    wait(outcome);
  }
}

/// Other streams may share the budget; their room is looked for, ours is told.
void Ingest::wait(const IngestOutcome& outcome) {
  if (outcome.appended && wake_) {
    store_.mutex().unlock();
    wake_();
    store_.mutex().lock();
  }
  ++state_.waiting;
  store_.waitForChange(Milliseconds(100));
  --state_.waiting;
}

std::optional<Nanoseconds> Ingest::orderOf(const Track& track) {
  const Frame& times = track.making.times;
  return times.dts ? times.dts : times.pts;
}

/// Nobody is to wait for frames that are not taken.
void Ingest::passOver(const Track& track, IngestOutcome& outcome) {
  if (const auto time = orderOf(track); blocksOffline() && time) {
    sequencer_.putGap(track.key, *time, outcome);
    moved();
  }
}

/// Offline, of a thread of its own: the others are given the time that they take. Where they have got to
/// is looked at again whenever they move, since the clock may be what ends the wait.
bool Ingest::isHeldBack(const Track& track, Feeder feeder, IngestOutcome& outcome) {
  if (!blocksOffline()) return false;
  const auto time = orderOf(track);
  if (!sequencer_.isTooFarAhead(track.key, feeder, time)) return false;
  if (time) sequencer_.putGap(track.key, *time, outcome);  // it has got so far, at least
  return true;
}

/// What whoever holds the lock is to report without it.
void Ingest::conclude(IngestOutcome& outcome, const Frame* frame) {
  outcome.hasNews = !state_.news.empty() || store_.hasLosses();
  outcome.buffered = store_.feed().totals().duration;
  const bool isRefused = outcome.fate != FrameFate::accepted && outcome.fate != FrameFate::interrupted;
  if (frame && isRefused) outcome.refusedAt = state_.timeline.wallOf(frame->pts, captureOf(*frame, clock_));
}

/// Whom others wait for has got on.
void Ingest::moved() {
  if (state_.waiting > 0) store_.changed();
}

/// The log has nothing that could be sent: others will bring what is waited for, or it is waited for no
/// longer, or there is no hope.
bool Ingest::mayWait(Feeder feeder, IngestOutcome& outcome) {
  if (sequencer_.waitsForOthers(feeder) || sequencer_.giveUpWaiting(outcome)) return true;
  outcome.error =
      Error{StatusCode::storeOutOfMemory, ErrorKind::fatal,
            "One group of pictures fills the whole storage, so nothing can be sent while waiting for room. "
            "Give the stream more storage (storage-size), or let the encoder send key frames more often."};
  return false;
}

/// Offline: the budget of time holds back as the budget of bytes does; nothing is dropped.
bool Ingest::tooFarAhead() const {
  const auto& totals = state_.log.totals();
  return blocksOffline() && totals.fragments > 1 &&
         totals.duration + sequencer_.waiting() > state_.log.limits().duration;
}

/// Offline: room only comes back as fragments before the open one are persisted. Other streams that
/// share the budget may give some too, and a frame that has its room may end the open one.
bool Ingest::nothingToWaitFor() const {
  const auto& log = state_.log;
  const bool onlyGrowing = log.totals().fragments <= (log.growing() ? 1u : 0u);
  const bool ownBytes = log.limits().storage->used() <= log.held() || sequencer_.hasUnits();
  const bool aloneInPut = putting_ <= state_.waiting + 1;
  return onlyGrowing && ownBytes && aloneInPut && !store_.ended();
}

bool Ingest::reserve(Track& track, std::size_t size, std::size_t beyond) {
  store::Block& block = track.making.block;
  const bool mayDrop = !blocksOffline();
  if (!block.empty()) return state_.log.extend(block, size, mayDrop, beyond);
  auto reserved = state_.log.reserve(mkv::simpleBlockHeadSize, size, mayDrop, beyond);
  if (!reserved) return false;
  block = std::move(*reserved);
  return true;
}

/// Under the lock: the unit is complete, and is given its times and its place.
void Ingest::finish(Track& track, IngestOutcome& outcome) {
  if (track.lostKey && !track.making.key()) {
    passOver(track, outcome);
    track.making = {};
    return sequencer_.skip(FrameFate::afterGap, outcome);
  }
  track.lostKey = false;
  Making making = std::exchange(track.making, {});
  if (mustWaitForATime(track, making.times) && early_.size() < mostEarly) {
    early_.emplace_back(track.shared_from_this(), std::move(making));
  } else {
    finishUnit(track, std::move(making), outcome);
  }
}

void Ingest::finishUnit(Track& track, Making making, IngestOutcome& outcome) {
  Frame& frame = making.times;
  const bool saysNothing = !frame.pts && !frame.dts;
  // Where a source says times, the distance of its frames is measured; what the bytes declare may be wrong.
  const bool byBytes =
      track.format.codec == media::Codec::aac || (saysNothing && !track.format.frameDuration);
  if (frame.duration == Nanoseconds{0} && byBytes) {
    frame.duration = track.adapter->frameDuration().value_or(Nanoseconds{0});
  }
  frame.duration = std::min(frame.duration, longestDuration);
  Unit unit;
  unit.times = timesOf(track, frame);
  unit.atArrival = saysNothing;
  unit.capture = captureOf(making.times, clock_, config_.wall ? config_.wall->moved() : Nanoseconds{0});
  const bool isVideo = track.isVideo();
  unit.key = !isVideo || making.key();
  unit.believed = isVideo && making.believed();
  // What such a picture is followed by cannot be told from its bytes.
  unit.mayHaveLeading = unit.believed || (making.mayHaveLeading && !making.closed);
  unit.invisible = making.times.invisible;
  unit.discardable = making.times.discardable;
  unit.corrupted = making.times.corrupted;
  unit.entry = std::exchange(track.entry, nullptr);
  if (isVideo && unit.key) unit.entry = track.current;
  unit.outOfBand = std::move(making.outOfBand);
  if (!making.sample.empty()) unit.sample = std::make_shared<const Bytes>(std::move(making.sample));
  unit.block = std::move(making.block);
  if (!saysNothing && !track.saysTimes()) ++track.timed;
  noteTime(track, frame, unit);
  if (newest_ && !early_.empty() && !track.isData()) pushEarly(outcome);
  sequencer_.push(track.key, std::move(unit), outcome);
  moved();
}

FrameTimes Ingest::timesOf(Track& track, const Frame& frame) const {
  if (config_.timestampSource != TimestampSource::arrival) {
    if (!frame.pts && !frame.dts) return missingTimes(track, frame);
    return track.clock.place(frame.pts, frame.dts, frame.duration);
  }
  // Pictures that are decoded ahead of others are shown as much later as their source says.
  const Nanoseconds now = clock_.now().time_since_epoch();
  const bool both = frame.pts && frame.dts && *frame.pts > *frame.dts;
  return track.clock.place(now + (both ? *frame.pts - *frame.dts : Nanoseconds{0}), now, frame.duration);
}

/// Whoever says when now and then is taken at its word in between; else a known rate counts on. What is
/// live, what has no rate, and samples, which come when they come, have the time of their arrival.
FrameTimes Ingest::missingTimes(Track& track, const Frame& frame) const {
  if (hasRate(track, frame)) {
    const bool countsFrom1970 = config_.timestampSource == TimestampSource::pts;
    const bool isFirst = !track.clock.hasPlaced() && (newest_ || countsFrom1970);
    auto times =
        track.clock.place(isFirst ? std::optional(arrivalOf(frame)) : std::nullopt, {}, frame.duration);
    times.repair = TimeRepair::Kind::missing;
    return times;
  }
  const Nanoseconds now = arrivalOf(frame);
  FrameTimes times = track.clock.place(now, now, frame.duration);
  times.repair = TimeRepair::Kind::missing;
  return times;
}

bool Ingest::hasRate(const Track& track, const Frame& frame) const {
  if (track.isData()) return false;
  if (track.saysTimes() && track.clock.frameDuration() > Nanoseconds{0}) return true;
  return !frame.arrival && (frame.duration > Nanoseconds{0} || track.format.frameDuration);
}

/// On the source's clock. A recording's is where its other frames have got to; of one in which nobody says
/// anything, and of what is live, the clock on the wall goes on between frames.
Nanoseconds Ingest::arrivalOf(const Frame& frame) const {
  if (frame.arrival) return *frame.arrival;
  if (config_.timestampSource == TimestampSource::pts) return clock_.wallNow().time_since_epoch();
  const TimePoint now = clock_.now();
  if (!newest_) return Nanoseconds{0};
  if (blocksOffline() && newest_->said) return newest_->time;
  return std::min(newest_->time + (now - newest_->at), farthestTime);
}

/// The furthest that any track has got to, unless the source's clock was set back. A live source's frames
/// come later than they were captured.
void Ingest::noteTime(const Track& track, const Frame& frame, const Unit& unit) {
  if (track.isData()) return;
  const bool hasTime = frame.pts || frame.dts;
  const bool said = hasTime && track.saysTimes();
  if (newest_ && newest_->said && !said) return;
  const Nanoseconds age = hasTime && frame.captured && unit.capture.age ? *unit.capture.age : Nanoseconds{0};
  const Nanoseconds time = unit.times.pts + std::clamp(age, Nanoseconds{0}, Nanoseconds(Seconds(10)));
  if (newest_ && newest_->said == said) {
    const Nanoseconds behind = arrivalOf({}) - time;
    if (behind > Nanoseconds{0} && behind < Seconds(10)) return;
  }
  newest_ = Newest{time, unit.capture.at, said};
}

/// A sample without a time, where others will tell what time it is.
bool Ingest::mustWaitForATime(const Track& track, const Frame& frame) const {
  if (!track.isData() || frame.pts || frame.dts || frame.arrival) return false;
  if (newest_ || config_.timestampSource == TimestampSource::arrival) return false;
  return std::ranges::any_of(tracks_.all(), [](const TrackPtr& other) { return !other->isData(); });
}

void Ingest::pushEarly(IngestOutcome& outcome) {
  for (auto& [track, making] : std::exchange(early_, {})) {
    IngestOutcome of;
    if (!track->removed) finishUnit(*track, std::move(making), of);
    outcome.addLater(of);
  }
}

// --- time and ends ---

void Ingest::seal(SealWith with) {
  IngestOutcome outcome;
  for (const TrackPtr& track : allTracks())
    finishUnlessBusy(*track, outcome);
  const Lock lock(store_.mutex());
  pushEarly(outcome);
  sequencer_.seal(with == SealWith::endTag, outcome);
  if (with == SealWith::metadata) sequencer_.leaveMetadata();
}

void Ingest::leaveMetadata() {
  const Lock lock(store_.mutex());
  sequencer_.leaveMetadata();
}

IngestOutcome Ingest::expire() {
  IngestOutcome outcome;
  const Lock lock(store_.mutex());
  sequencer_.expire(outcome);
  conclude(outcome);
  return outcome;
}

std::optional<TimePoint> Ingest::deadline() const {
  const Lock lock(store_.mutex());
  return sequencer_.deadline();
}

std::string Ingest::contentType() const {
  const Lock lock(store_.mutex());
  std::string all;
  for (const TrackPtr& track : tracks_.all()) {
    if (!track->adapter) continue;
    all += all.empty() ? "" : ",";
    all += contentTypeOf(track->format);
  }
  return all;
}

std::vector<TrackPtr> Ingest::allTracks() const {
  const Lock lock(store_.mutex());
  return tracks_.all();
}

}  // namespace kvs::intake
