// SPDX-License-Identifier: Apache-2.0
#include "intake/sequencer.h"

#include <algorithm>
#include <utility>

#include "media/same_format.h"
#include "mkv/tags.h"

namespace kvs::intake {

namespace {

/// A track does not come back sooner after the header lost it, so that a stuttering microphone does not
/// turn sessions over.
constexpr Seconds shortestAbsence{10};

/// Samples of a data track that wait for a header with it.
constexpr std::size_t mostHeld = 100;

std::uint64_t& counterOf(FrameFate fate, IntakeCounts& stats) {
  switch (fate) {
    case FrameFate::beforeFirstKeyFrame:
      return stats.skippedBeforeKeyFrame;
    case FrameFate::noRoom:
      return stats.skippedNoRoom;
    case FrameFate::keyFrameDistance:
      return stats.skippedKeyFrameDistance;
    case FrameFate::afterEndOfFragment:
      return stats.skippedAfterEndOfFragment;
    case FrameFate::late:
    case FrameFate::early:
      return stats.skippedLate;
    case FrameFate::trackAbsent:
      return stats.skippedTrackAbsent;
    default:
      return stats.skippedAfterGap;
  }
}

/// No frame ends a fragment by saying that it lasts long: that is a pause, or a mistake.
Nanoseconds lengthOf(const Unit& unit) {
  return std::min<Nanoseconds>(unit.times.duration, Seconds(1));
}

/// What is known of the unit's capture, as of `time`: a picture that leads its key frame is the older one.
Capture captureAt(Nanoseconds time, const Unit& unit) {
  Capture capture = unit.capture;
  const Nanoseconds earlier = unit.times.pts - time;
  if (capture.age) *capture.age += earlier;
  if (capture.reference) *capture.reference -= earlier;
  return capture;
}

}  // namespace

void IngestOutcome::add(const IngestOutcome& other) {
  fate = other.fate;
  skippedLater += other.skippedLater;
  if (other.skippedLater > 0) skippedWhy = other.skippedWhy;
  appended |= other.appended;
  closeSession |= other.closeSession;
  waits |= other.waits;
  hasNews |= other.hasNews;
  if (other.buffered) buffered = other.buffered;
  refusedAt = other.refusedAt;
}

void IngestOutcome::addLater(const IngestOutcome& other) {
  const FrameFate own = fate;
  add(other);
  fate = own;
  if (other.fate == FrameFate::accepted) return;
  ++skippedLater;
  skippedWhy = other.fate;
}

Sequencer::Sequencer(SequencerConfig config, IntakeState& state, const Clock& clock)
    : config_(std::move(config)),
      state_(state),
      clock_(clock),
      interleaver_(config_.interleaver),
      fragmenter_(config_.fragmenter, state.timeline.scale()),
      headers_(config_.header) {}

// --- tracks ---

void Sequencer::setTrack(Track& track, mkv::TrackEntry entry, bool known) {
  const bool isNew = !lines_.contains(track.number);
  Line& line = lines_[track.number];
  line.track = &track;
  interleaver_.add(track.number, line.isData(), !known && !line.isVideo());
  if (isNew) {
    line.awaitsKey = line.isVideo();
    line.known = known;
  }
  // Of a track that goes on the new entry comes with its next unit.
  if (isNew || !line.known) takeEntry(line, entry);
  line.known |= known;
}

/// Parameter sets that come with their pictures need no header of their own as long as the pictures stay
/// what they are: the track keeps the entry that the session's header has.
bool Sequencer::staysValid(const Line& line, const mkv::TrackEntry& next,
                           const std::vector<Bytes>& outOfBand) {
  mkv::TrackEntry same = next;
  same.codecPrivate = line.entry.codecPrivate;
  return line.known && same == line.entry &&
         media::isSameFormat(line.track->format.codec, line.entry.codecPrivate, next.codecPrivate, outOfBand);
}

void Sequencer::takeEntry(Line& line, const mkv::TrackEntry& entry, const std::vector<Bytes>* outOfBand) {
  const bool changed = line.known && line.entry != entry;
  if (changed && outOfBand && staysValid(line, entry, *outOfBand)) return;
  line.entry = entry;
  line.silence = media::silentUnit(line.track->format, line.entry.codecPrivate);
  if (changed && opened_) {
    line.entryChanged = true;
    const CodecChange change{line.track->id(), entry.codecId, entry.width, entry.height};
    state_.news.emplace_back(change);
  }
}

bool Sequencer::awaitsFormat() const {
  return std::ranges::any_of(interleaver_.expected(),
                             [this](std::uint32_t number) { return !lines_.contains(number); });
}

void Sequencer::endTrack(std::uint32_t number, IngestOutcome& outcome) {
  interleaver_.setEnded(number, true);
  work(outcome);
}

void Sequencer::removeTrack(std::uint32_t number, IngestOutcome& outcome) {
  interleaver_.setEnded(number, true);
  settle(outcome);
  Line* line = find(number);
  const store::GrowingFragment* fragment = open();
  if (line && fragment && (fragment->wanted & line->bit()) != 0) {
    ensurePresent(*line);
    narrowOpen();
    open()->wanted &= ~line->bit();  // one that is set up anew under this number is another
  }
  if (line) skipHeld(*line, outcome);
  lines_.erase(number);
  interleaver_.remove(number);
}

void Sequencer::changeSource(std::uint32_t number) {
  Line* line = find(number);
  if (!line || !line->isVideo()) return;
  line->isOtherSource = true;
  line->sourceAsked = false;
}

void Sequencer::putGap(std::uint32_t number, Nanoseconds end, IngestOutcome& outcome) {
  interleaver_.advance(number, end);
  work(outcome);
}

Sequencer::Line* Sequencer::find(std::uint32_t number) {
  const auto line = lines_.find(number);
  return line == lines_.end() ? nullptr : &line->second;
}

/// A track that has ended leads up to its last unit.
bool Sequencer::leads(const Line& line) const {
  const std::uint32_t number = line.number();
  const bool isOver = interleaver_.hasEnded(number) && interleaver_.isSilent(number);
  return !line.absent && (!isOver || number == committing_);
}

/// The track whose key frames fragments begin with: video, where it has not left; else the next kind.
Sequencer::Line* Sequencer::lead() {
  Line* best = nullptr;
  for (auto& [number, line] : lines_) {
    const bool better = !best || (leads(line) && !leads(*best)) ||
                        (leads(line) == leads(*best) && line.track->kind < best->track->kind);
    if (better) best = &line;
  }
  return best;
}

// --- units ---

std::optional<FrameFate> Sequencer::refuses(std::uint32_t number) const {
  const auto line = lines_.find(number);
  if (line == lines_.end()) return std::nullopt;
  if (line->second.isOtherSource) return FrameFate::afterGap;
  return line->second.awaitsKey ? std::optional(line->second.lastRefusal) : std::nullopt;
}

/// Of another source a key frame is asked for: the encoder does not know that it is needed.
void Sequencer::refuse(std::uint32_t number, IngestOutcome& outcome) {
  const auto fate = refuses(number);
  Line* line = find(number);
  if (!fate || !line) return;
  if (line->isOtherSource && !std::exchange(line->sourceAsked, true)) line->keyFrameRequest = true;
  skip(*fate, outcome);
}

void Sequencer::push(std::uint32_t number, Unit unit, IngestOutcome& outcome) {
  Line* line = find(number);
  if (!line) return skip(FrameFate::trackAbsent, outcome);
  if (line->isOtherSource && !unit.key) return refuse(number, outcome);
  if (!started_) started_ = unit.capture.at;
  line->cameAt = unit.capture.at;
  if (unit.sample) line->sample = unit.sample;
  if (unit.entry && !line->known) {  // a fragment may begin with another track's unit before this one's turn
    takeEntry(*line, *std::exchange(unit.entry, nullptr));
    line->known = true;
  }
  if (line->absent && interleaver_.isSilent(number)) line->backSince = unit.times.pts;
  if (unit.key) {
    line->awaitsKey = line->keyFrameRequest = false;
    unit.otherSource = std::exchange(line->isOtherSource, false);
    line->keyFrameAsked = false;
  }
  unit.serial = ++pushes_;
  interleaver_.push(number, std::move(unit));
  work(outcome, pushes_);
}

/// `own`: the unit that is being put; none of an expiry.
void Sequencer::work(IngestOutcome& outcome, std::uint64_t own) {
  const TimePoint now = clock_.now();
  while (auto next = interleaver_.next(now)) {
    ownUnit_ = next->unit.serial == own;
    commit(std::move(*next), outcome);
  }
  ownUnit_ = true;
  outcome.waits = deadline().has_value();
}

void Sequencer::settle(IngestOutcome& outcome) {
  ownUnit_ = false;
  while (auto next = interleaver_.force())
    commit(std::move(*next), outcome);
  ownUnit_ = true;
}

void Sequencer::commit(Interleaver::Next next, IngestOutcome& outcome) {
  Line* line = find(next.track);
  if (!line) return skip(FrameFate::trackAbsent, outcome);
  committing_ = next.track;
  if (next.unit.entry) takeEntry(*line, *next.unit.entry, next.unit.outOfBand.get());
  if (line->absent && line->isVideo() && next.unit.key) line->absent = false;
  Line* first = lead();
  if (line != first && !open() && videoIsGone(*first)) first = lead();
  if (line == first) return commitLead(*line, next, outcome);
  commitOther(*line, next, outcome);
}

/// Audio goes on while the camera gives nothing: then it goes on alone.
bool Sequencer::videoIsGone(Line& first) {
  const bool mayStillCome = !opened_ && started_ && clock_.now() < *started_ + config_.interleaver.atStart;
  if (!first.isVideo() || !interleaver_.isSilent(first.number()) || mayStillCome) return false;
  leave(first);
  return true;
}

void Sequencer::rank(Interleaver::Next& next) {
  Unit& unit = next.unit;
  if (unit.otherSource) fragmenter_.forgetSource();
  if (!unit.believed) return;
  const Ticks ticks = state_.timeline.place(next.groupStart, captureAt(next.groupStart, unit));
  const Nanoseconds length = unit.times.pts - next.groupStart + lengthOf(unit);
  const FrameToPlace asked{ticks, length, unit.block.size(), true, true, true};
  if (fragmenter_.isOutranked(open(), asked)) unit.key = unit.believed = false;
}

void Sequencer::commitLead(Line& line, Interleaver::Next& next, IngestOutcome& outcome) {
  rank(next);
  Unit& unit = next.unit;
  store::GrowingFragment* fragment = open();
  const bool follows = fragment && (fragment->wanted & line.bit()) != 0;
  if (!unit.key && !follows) return skip(line.lastRefusal, outcome);
  const Nanoseconds start = unit.key ? next.groupStart : unit.times.pts;
  Ticks ticks = state_.timeline.place(start, captureAt(start, unit));
  const bool slightlyBack = fragment && !unit.key && ticks < fragment->firstTicks &&
                            state_.timeline.timeOf(fragment->firstTicks - ticks) <= largestNudge;
  if (slightlyBack) ticks = fragment->firstTicks;
  const Nanoseconds length = unit.times.pts - start + lengthOf(unit);
  Placement placement = fragmenter_.place(
      fragment, {ticks, length, unit.block.size(), unit.key, unit.mayHaveLeading, unit.believed},
      line.isVideo());
  // Without video every frame is a key frame: there another header waits until a fragment's time is over.
  const bool otherHeader = fragment && (line.isVideo() ? headerChanges(line) : line.entryChanged);
  if (unit.key && fragment && (!follows || otherHeader)) placement = Placement::open;
  if (placement == Placement::endGroup || placement == Placement::tooLong) {
    endGroup(line, placement == Placement::tooLong ? FrameFate::keyFrameDistance : FrameFate::afterGap);
    return skip(line.lastRefusal, outcome);
  }
  if (placement == Placement::skip) return skip(line.lastRefusal, outcome);
  if (placement == Placement::open && !openFragment(line, next)) {
    line.awaitsKey = line.isVideo();
    return skip(line.lastRefusal, outcome);
  }
  Ticks at = state_.timeline.place(unit.times.pts, unit.capture);
  // Where the fragment was moved, its key frame moved with it; that is counted already.
  if (placement == Placement::open) at = std::max(at, open()->firstTicks);
  if (placement == Placement::open) appendHeld(line, outcome);
  if (!open()) return skip(line.lastRefusal, outcome);
  append(line, unit, at, outcome);
  for (auto& [number, other] : lines_) {
    if (placement == Placement::open && &other != &line) appendHeld(other, outcome);
  }
  fillSilent(at);
  askForKeyFrame(line, unit);
}

void Sequencer::commitOther(Line& line, Interleaver::Next& next, IngestOutcome& outcome) {
  Unit& unit = next.unit;
  Line* first = lead();
  store::GrowingFragment* fragment = open();
  if (!fragment) {
    const bool canWait = unit.atArrival && line.isData() && line.held.size() < mostHeld;
    if (canWait) return line.held.push_back(std::move(unit));
    return skip(first ? first->lastRefusal : FrameFate::beforeFirstKeyFrame, outcome);
  }
  if ((fragment->wanted & line.bit()) == 0) {
    if (line.isData() && line.held.size() < mostHeld) return line.held.push_back(std::move(unit));
    return skip(line.absent ? FrameFate::trackAbsent : FrameFate::beforeFirstKeyFrame, outcome);
  }
  if (line.entryChanged) {  // the open fragment's header says otherwise of it
    first->keyFrameRequest |= first->isVideo();
    return skip(FrameFate::afterGap, outcome);
  }
  const Ticks ticks = state_.timeline.place(unit.times.pts, unit.capture);
  const Nanoseconds behind = state_.timeline.timeOf(fragment->firstTicks - ticks);
  if (behind > std::max(config_.interleaver.timeout, largestNudge / 2)) return skip(FrameFate::late, outcome);
  const FrameToPlace asked{std::max(ticks, fragment->firstTicks),
                           line.isData() ? Nanoseconds{0} : lengthOf(unit), unit.block.size(), false, false};
  const Placement placement = fragmenter_.place(fragment, asked, false);
  if (placement == Placement::append) return append(line, unit, ticks, outcome);
  // A clock that is ahead ends nothing while the track that leads goes on.
  const bool goesOn = first->cameAt && clock_.now() < *first->cameAt + config_.interleaver.timeout;
  const bool isAhead = placement == Placement::endGroup || isAheadOf(*first, ticks);
  if (isAhead && goesOn) return skip(FrameFate::early, outcome);
  // The fragment is as long as it may be, and the track that should begin another gives no key frame.
  endGroup(*first, isAhead ? FrameFate::afterGap : FrameFate::keyFrameDistance);
  if (videoIsGone(*first)) return commitLead(line, next, outcome);
  skip(isAhead ? FrameFate::early : FrameFate::keyFrameDistance, outcome);
}

/// By more than tracks that are one stream differ.
bool Sequencer::isAheadOf(const Line& first, Ticks ticks) const {
  return first.filledTo && state_.timeline.timeOf(ticks) - *first.filledTo > largestNudge;
}

/// Samples that came before any header had their track.
void Sequencer::appendHeld(Line& line, IngestOutcome& outcome) {
  if (open() && (open()->wanted & line.bit()) == 0) return;
  for (Unit& unit : std::exchange(line.held, {})) {
    if (open()) {
      append(line, unit, open()->firstTicks, outcome);
    } else {
      skipLater(line.lastRefusal, outcome);
    }
  }
}

void Sequencer::skipHeld(Line& line, IngestOutcome& outcome) {
  for (std::size_t i = std::exchange(line.held, {}).size(); i > 0; --i)
    skipLater(line.lastRefusal, outcome);
}

/// The open fragment ends, and nothing but a key frame begins another.
void Sequencer::endGroup(Line& first, FrameFate fate) {
  completeOpen();
  state_.log.seal();
  first.lastRefusal = fate;
  first.awaitsKey = first.isVideo();
}

void Sequencer::skip(FrameFate fate, IngestOutcome& outcome) {
  if (!ownUnit_) return skipLater(fate, outcome);
  outcome.fate = fate;
  ++counterOf(fate, state_.stats);
}

void Sequencer::skipLater(FrameFate fate, IngestOutcome& outcome) {
  ++outcome.skippedLater;
  outcome.skippedWhy = fate;
  ++counterOf(fate, state_.stats);
}

/// The budget has no room even for one more frame: the open fragment would be incomplete, so it goes
/// whole, at once or as soon as the cursor has left it.
void Sequencer::noRoom(IngestOutcome& outcome) {
  skip(FrameFate::noRoom, outcome);
  state_.log.giveUpGrowing(store::LossReason::storageFull);
  outcome.closeSession = state_.log.pinnedInTheWay();
  for (auto& [other, line] : lines_) {
    line.lastRefusal = opened_ ? FrameFate::afterGap : FrameFate::beforeFirstKeyFrame;
    line.awaitsKey = line.isVideo();
  }
}

store::GrowingFragment* Sequencer::open() {
  store::GrowingFragment* growing = state_.log.growing();
  return growing && !growing->broken ? growing : nullptr;
}

// --- fragments ---

/// Seals what is open and begins a fragment at this key frame. False where its header is not known
/// yet (nothing is sent until the codec data are), or where a broken fragment stands in the way.
bool Sequencer::openFragment(Line& first, const Interleaver::Next& next) {
  const bool isInTheWay = !open() && state_.log.growing();
  if (isInTheWay || !first.known) return false;
  const Capture capture = captureAt(next.groupStart, next.unit);
  completeOpen(state_.timeline.place(next.groupStart, capture));
  state_.log.seal();
  const auto tracks = wantedTracks(first);
  const auto header = headers_.find(tracks);
  if (!header) return false;
  const auto began = state_.timeline.begin(next.groupStart, capture);
  if (began.repair) tellRepair({began.repair->kind, first.track->id(), began.repair->by});
  lastStart_ = began.ticks;
  store::GrowingFragment& fragment = state_.log.open(*header, state_.timeline.epoch(), began.ticks);
  fragment.since = next.unit.capture.at;
  fragment.headTags = mkv::tags(metadata_.take());
  for (auto& [number, line] : lines_) {
    line.filledTo.reset();
    line.entryChanged = false;
    line.awaitsKey = false;
    line.lastRefusal = FrameFate::afterGap;
    const bool isIn = std::ranges::find(tracks, number, &mkv::TrackEntry::number) != tracks.end();
    if (isIn) fragment.wanted |= line.bit();
    if (isIn) line.absent = false;
    if (!isIn && line.known && !line.isData()) leave(line);
    if (isIn && &line != &first && isFilled(line)) makeStandIn(line);
  }
  opened_ = true;
  ++state_.stats.fragmentsIn;
  return true;
}

std::vector<mkv::TrackEntry> Sequencer::wantedTracks(const Line& first) {
  std::vector<mkv::TrackEntry> tracks;
  for (auto& [number, line] : lines_) {
    if (belongs(line, first)) tracks.push_back(line.entry);
  }
  return tracks;
}

/// The track leaves the header, and is taken back when it has earned it.
void Sequencer::leave(Line& line) {
  if (std::exchange(line.absent, true)) return;
  line.backSince.reset();
  headerNarrowed_ = clock_.now();
  tellSilence(line, true, false);
}

/// Whether the next fragment's header has the track.
bool Sequencer::belongs(Line& line, const Line& first) {
  if (&line == &first) return true;
  if (!line.known) return false;
  if (line.absent) return mayReturn(line);
  return isFilled(line) || (!line.isData() && !interleaver_.isSilent(line.number()));
}

/// Something stands for it where it gives nothing; so it need not be waited for.
bool Sequencer::isFilled(const Line& line) const {
  return line.isFillable() && (line.isData() || config_.silentTrack == SilentTrack::fill);
}

/// It has covered a whole fragment, and has been away for long enough.
bool Sequencer::mayReturn(const Line& line) {
  if (line.isVideo() || interleaver_.isSilent(line.number()) || !line.backSince) return false;
  const bool covered = lastStart_ && state_.timeline.place(*line.backSince, {}) <= *lastStart_;
  return covered && headerNarrowed_ && clock_.now() - *headerNarrowed_ >= shortestAbsence;
}

/// The tracks ask for another header than that of the open fragment.
bool Sequencer::headerChanges(Line& first) {
  const auto header = headers_.find(wantedTracks(first));
  return header && *header != open()->header;
}

void Sequencer::append(Line& line, Unit& unit, Ticks ticks, IngestOutcome& outcome) {
  store::GrowingFragment& fragment = *open();
  if (line.silenceTold) tellSilence(line, false, false);
  if (unit.times.repair) tellRepair({*unit.times.repair, line.track->id(), unit.times.movedBy});
  if (ticks < fragment.firstTicks) {
    const Nanoseconds by = state_.timeline.timeOf(fragment.firstTicks - ticks);
    tellRepair({TimeRepair::Kind::raised, line.track->id(), by});
    ticks = fragment.firstTicks;
  }
  ++state_.stats.framesIn;
  state_.frameRate.note(clock_.now(), state_.stats.framesIn);
  state_.stats.bytesIn += unit.block.size();
  if (unit.corrupted) ++state_.stats.framesCorrupted;
  place(line, std::move(unit.block), ticks, {unit.key, unit.invisible, unit.discardable},
        unit.times.duration);
  outcome.appended = true;
  if (!config_.keepsAll) keepDuration(outcome);
}

/// A full block, at its place in the open fragment.
void Sequencer::place(Line& line, store::Block block, Ticks ticks, mkv::BlockFlags flags,
                      Nanoseconds duration) {
  store::GrowingFragment& fragment = *open();
  const auto relative = static_cast<std::int16_t>(ticks - fragment.firstTicks);
  block.writeHead(mkv::simpleBlockHead(line.number(), relative, flags, block.payloadSize()));
  const Nanoseconds end = state_.timeline.timeOf(relative) + duration;
  state_.log.append(std::move(block), ticks, std::min(end, fragmenter_.config().maximum));
  fragment.tracks |= line.bit();
  line.filledTo =
      std::max(line.filledTo.value_or(Nanoseconds::min()), state_.timeline.timeOf(ticks) + duration);
  state_.timeline.note(ticks);
}

/// The budget of time is as hard as that of bytes: where dropping what may go is not enough, the session
/// that pins the rest is closed, and a fragment that alone passes the budget goes whole.
void Sequencer::keepDuration(IngestOutcome& outcome) {
  auto& log = state_.log;
  log.trimToDuration();
  if (!log.passesDuration()) return;
  const Nanoseconds limit = std::max(log.limits().duration, log.limits().leastDuration);
  const store::Fragment* growing = log.growing();
  if (growing && growing->duration > limit) log.giveUpGrowing(store::LossReason::durationReached);
  outcome.closeSession = log.pinnedInTheWay();
}

/// In time before the service's limits; said once, with the distance that was measured.
void Sequencer::askForKeyFrame(Line& line, const Unit& unit) {
  if (unit.key) line.lastKey = unit.times.pts;
  const store::GrowingFragment* fragment = open();
  if (unit.key || !fragment || !line.isVideo() || !fragmenter_.wantsKeyFrame(*fragment)) return;
  if (std::exchange(line.keyFrameAsked, true)) return;
  line.keyFrameRequest = true;
  if (std::exchange(distanceTold_, true)) return;
  const auto seconds =
      std::chrono::duration_cast<Seconds>(unit.times.pts - line.lastKey.value_or(unit.times.pts));
  const Error warning{
      StatusCode::ackFragmentDurationReached, ErrorKind::retryable,
      "No key frame has arrived for " + std::to_string(seconds.count()) +
          " s. The service accepts fragments of at most 20 s and 50 MB, and each must begin with a key "
          "frame: if none arrives in time, the frames up to the next one are lost. Set the encoder's key "
          "frame interval (x264enc: key-int-max) to about two seconds."};
  state_.news.emplace_back(news::Warning{warning});
}

bool Sequencer::takeKeyFrameRequest(std::uint32_t number) {
  Line* line = find(number);
  return line && std::exchange(line->keyFrameRequest, false);
}

void Sequencer::askForKeyFrame(std::uint32_t number) {
  if (Line* line = find(number)) line->keyFrameRequest = line->isVideo();
}

// --- time and ends ---

void Sequencer::expire(IngestOutcome& outcome) {
  work(outcome);
  const store::GrowingFragment* fragment = open();
  if (!fragment || fragment->isSendable() || config_.interleaver.mediaTimeout) return;
  if (clock_.now() < fragment->since + config_.interleaver.timeout) return;
  narrowOpen();
  outcome.appended = true;
}

std::optional<TimePoint> Sequencer::deadline() const {
  auto due = interleaver_.deadline();
  const store::GrowingFragment* fragment = state_.log.growing();
  const bool waits = fragment && fragment->frames > 0 && !fragment->isSendable();
  if (waits && !config_.interleaver.mediaTimeout) {
    const TimePoint then = fragment->since + config_.interleaver.timeout;
    due = due ? std::min(*due, then) : then;
  }
  return due;
}

void Sequencer::seal(bool endTag, IngestOutcome& outcome) {
  settle(outcome);
  completeOpen();
  store::GrowingFragment* growing =
      open();  // one that is broken goes whole, as soon as the reader has left it
  for (auto& [number, line] : lines_)
    skipHeld(line, outcome);
  if (growing) {
    if (endTag && growing->tail.empty()) growing->tail = mkv::endOfFragmentTags({});
    state_.log.seal();
    for (auto& [number, line] : lines_) {
      line.lastRefusal = endTag ? FrameFate::afterEndOfFragment : FrameFate::afterGap;
      line.awaitsKey = line.isVideo();
      if (line.isVideo()) line.keyFrameRequest = false;
    }
  }
  for (auto& [number, line] : lines_) {
    if (endTag) wantKeyFrame(line);
  }
}

/// The source has paused: nobody puts a frame of the track, and could take the request with it.
void Sequencer::wantKeyFrame(Line& line) {
  if (!line.awaitsKey || !line.known || std::exchange(line.keyFrameRequest, true)) return;
  state_.news.emplace_back(news::KeyFrameWanted{line.track->id()});
}

Result<void> Sequencer::putEvent(const FragmentEvent& event) {
  const bool isOpen = open() != nullptr;
  auto put = metadata_.putEvent(event, isOpen);
  if (put && isOpen) writeTail(*state_.log.newest());
  return put;
}

/// What a fragment says is rendered when it is known, so that nobody behind this needs to know what it means.
void Sequencer::writeTail(store::FragmentRecord& last) {
  if (metadata_.tail().empty()) return;
  Bytes tail = mkv::endOfFragmentTags(metadata_.tail());
  if (last.isGrowing()) {
    open()->tail = std::move(tail);
  } else if (tail != last.content->tail) {
    last.replaceTail(std::move(tail));
  }
}

void Sequencer::leaveMetadata() {
  store::FragmentRecord* last = state_.log.newest();
  const bool takesTail = last && last->takesTail() && (open() || !last->isGrowing());
  const auto left = metadata_.leave(takesTail);
  if (takesTail) writeTail(*last);
  if (left.empty()) return;
  std::string names;
  for (const std::string& name : left)
    names += (names.empty() ? "\"" : ", \"") + name + '"';
  const Error warning{
      StatusCode::maxFragmentMetadataCount, ErrorKind::retryable,
      "The stream ended before this metadata found a fragment: " + names +
          ". The last one has 10 items already, or is stored, or there was none. Put metadata "
          "before the frames that it belongs to."};
  state_.news.emplace_back(news::Warning{warning});
}

bool Sequencer::giveUpWaiting(IngestOutcome& outcome) {
  if (!interleaver_.hasUnits()) return false;
  interleaver_.giveUpWaiting();
  work(outcome);
  return true;
}

}  // namespace kvs::intake
