// SPDX-License-Identifier: Apache-2.0
// From units in their order to fragments in the log: which fragment a unit belongs to, what its header
// says, and what stands for a track that is silent. All of it happens under the stream's lock, by
// whichever thread brings the next unit or by the loop's timer; nothing waits here.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "intake/fragmenter.h"
#include "intake/header_book.h"
#include "intake/intake_state.h"
#include "intake/interleaver.h"
#include "intake/metadata.h"
#include "intake/track.h"
#include "media/silence.h"
#include "mkv/cluster.h"

namespace kvs::intake {

struct SequencerConfig {
  FragmenterConfig fragmenter;
  InterleaverConfig interleaver;
  mkv::HeaderSpec header;  ///< all but the tracks
  SilentTrack silentTrack = SilentTrack::fill;
  bool keepsAll = false;  ///< offline: the budget holds back instead of dropping
};

/// What the loop must hear of.
struct IngestOutcome {
  FrameFate fate = FrameFate::accepted;  ///< of the frame that was put
  /// Frames put before, which had waited for other tracks and found no place: how many, and why the last.
  std::uint32_t skippedLater = 0;
  FrameFate skippedWhy = FrameFate::accepted;
  bool appended = false;                ///< there is something new to send
  bool closeSession = false;            ///< only the fragment under the cursor stands in the way of new data
  bool waits = false;                   ///< expire() is to be called by deadline()
  std::optional<Error> error;           ///< why the stream cannot go on with this source
  bool hasNews = false;                 ///< the intake's news, or the store's losses, are to be reported
  std::optional<Nanoseconds> buffered;  ///< how much media there is now
  WallTime refusedAt{};                 ///< of a frame that was not taken: where it would have stood

  /// Of another call, behind this one.
  void add(const IngestOutcome& other);
  /// Of a frame that was put before the one that this speaks of.
  void addLater(const IngestOutcome& other);
};

class Sequencer {
 public:
  Sequencer(SequencerConfig config, IntakeState& state, const Clock& clock);

  // --- tracks ---
  void setTrack(Track& track, mkv::TrackEntry entry, bool known);
  void expectTrack(std::uint32_t number) { interleaver_.expect(number); }
  void forgetExpected(std::uint32_t number) { interleaver_.remove(number); }
  /// A track that was announced has no format yet.
  bool awaitsFormat() const;
  void endTrack(std::uint32_t number, IngestOutcome& outcome);
  void removeTrack(std::uint32_t number, IngestOutcome& outcome);
  void putGap(std::uint32_t number, Nanoseconds end, IngestOutcome& outcome);
  /// What is put from now on comes from elsewhere: pictures need a key frame of their own.
  void changeSource(std::uint32_t number);

  // --- units ---
  /// Why nothing but a key frame of this track is taken now; none where anything is.
  std::optional<FrameFate> refuses(std::uint32_t number) const;
  void push(std::uint32_t number, Unit unit, IngestOutcome& outcome);
  /// A frame of the track found no room: what cannot be kept whole goes.
  void noRoom(IngestOutcome& outcome);
  /// Counts a frame that was not taken.
  void skip(FrameFate fate, IngestOutcome& outcome);
  /// The same, of a frame that refuses() does not let in.
  void refuse(std::uint32_t number, IngestOutcome& outcome);

  // --- time and ends ---
  /// Looks again at who has waited for long enough.
  void expire(IngestOutcome& outcome);
  /// When expire() would change something; none: never.
  std::optional<TimePoint> deadline() const;
  /// Puts everything that waits for its turn into the log.
  void settle(IngestOutcome& outcome);
  /// settle(), and ends the open fragment. `endTag`: with the end-of-fragment tag.
  void seal(bool endTag, IngestOutcome& outcome);
  /// Behind the last fragment, for now or for ever: what metadata waits for another goes into its tail; what
  /// finds no place there is reported.
  void leaveMetadata();
  /// Offline: nothing that waits for another track keeps the log from emptying.
  bool giveUpWaiting(IngestOutcome& outcome);
  bool hasUnits() const { return interleaver_.hasUnits(); }
  bool isAwaited(std::uint32_t number) const { return interleaver_.isAwaited(number); }

  // --- who feeds what, and who waits for whom (offline) ---
  void setFeeder(std::uint32_t number, Feeder feeder) { interleaver_.setFeeder(number, feeder); }
  void setAnnouncer(std::uint32_t number, Feeder feeder) { interleaver_.setAnnouncer(number, feeder); }
  bool isTooFarAhead(std::uint32_t number, Feeder feeder, std::optional<Nanoseconds> time) {
    return interleaver_.isTooFarAhead(number, feeder, time, clock_.now());
  }
  bool waitsForOthers(Feeder feeder) const { return interleaver_.waitsForOthers(feeder, clock_.now()); }
  Nanoseconds waiting() const { return interleaver_.waiting(); }
  bool takeKeyFrameRequest(std::uint32_t number);
  /// takeKeyFrameRequest() is to answer so.
  void askForKeyFrame(std::uint32_t number);

  PendingMetadata& metadata() { return metadata_; }
  /// See PendingMetadata::putEvent().
  Result<void> putEvent(const FragmentEvent& event);

 private:
  struct Line {
    Track* track = nullptr;
    mkv::TrackEntry entry;
    bool known = false;  ///< nothing is sent of it before its codec data are
    std::optional<media::SilentUnit> silence;
    std::shared_ptr<const Bytes> sample;  ///< of a data track, the last one
    std::vector<Unit> held;               ///< of a data track, before a header has it
    std::uint32_t number() const { return track->number; }
    bool isVideo() const { return track->isVideo(); }
    bool isData() const { return track->isData(); }
    bool isFillable() const { return isData() ? sample != nullptr : silence.has_value(); }
    std::uint32_t bit() const { return 1u << (number() % 32); }

    bool awaitsKey = false;      ///< all but key frames are refused
    bool isOtherSource = false;  ///< the same, until a key frame comes that was put since
    bool sourceAsked = false;    ///< upstream was asked for it
    FrameFate lastRefusal = FrameFate::beforeFirstKeyFrame;
    bool entryChanged = false;  ///< since the open fragment\'s header was made
    bool absent = false;        ///< it left the header
    bool silenceTold = false;
    std::optional<Nanoseconds> filledTo;   ///< in the epoch's time: what the open fragment has of it
    std::optional<Nanoseconds> backSince;  ///< absent, and giving frames again since
    std::optional<TimePoint> cameAt;       ///< its newest unit
    bool keyFrameAsked = false;
    bool keyFrameRequest = false;
    std::optional<Nanoseconds> lastKey;
  };

  void work(IngestOutcome& outcome, std::uint64_t own = 0);
  void commit(Interleaver::Next next, IngestOutcome& outcome);
  void commitLead(Line& line, Interleaver::Next& next, IngestOutcome& outcome);
  void commitOther(Line& line, Interleaver::Next& next, IngestOutcome& outcome);
  void takeEntry(Line& line, const mkv::TrackEntry& entry, const std::vector<Bytes>* outOfBand = nullptr);
  static bool staysValid(const Line& line, const mkv::TrackEntry& next, const std::vector<Bytes>& outOfBand);
  void rank(Interleaver::Next& next);
  bool isAheadOf(const Line& first, Ticks ticks) const;
  Line* lead();
  Line* find(std::uint32_t number);
  bool leads(const Line& line) const;
  bool videoIsGone(Line& lead);
  void endGroup(Line& lead, FrameFate fate);

  bool openFragment(Line& lead, const Interleaver::Next& next);
  std::vector<mkv::TrackEntry> wantedTracks(const Line& lead);
  bool belongs(Line& line, const Line& lead);
  bool isFilled(const Line& line) const;
  bool mayReturn(const Line& line);
  void leave(Line& line);
  void appendHeld(Line& line, IngestOutcome& outcome);
  void skipHeld(Line& line, IngestOutcome& outcome);
  void skipLater(FrameFate fate, IngestOutcome& outcome);
  bool headerChanges(Line& lead);
  void append(Line& line, Unit& unit, Ticks ticks, IngestOutcome& outcome);
  void place(Line& line, store::Block block, Ticks ticks, mkv::BlockFlags flags, Nanoseconds duration);
  void keepDuration(IngestOutcome& outcome);
  void askForKeyFrame(Line& line, const Unit& unit);
  void wantKeyFrame(Line& line);

  // sequencer_fill.cpp
  void fillSilent(Ticks until);
  void fillUpTo(Line& line, Nanoseconds until);
  void ensurePresent(Line& line);
  void makeStandIn(const Line& line);
  std::optional<store::StandIn> standIn(const Line& line);
  bool fill(Line& line, Ticks ticks, std::optional<store::StandIn> made);
  void completeOpen(std::optional<Ticks> next = std::nullopt);
  void narrowOpen();
  void tellSilence(Line& line, bool silent, bool filled);
  void tellRepair(const TimeRepair& repair);

  store::GrowingFragment* open();
  void writeTail(store::FragmentRecord& last);

  SequencerConfig config_;
  IntakeState& state_;
  const Clock& clock_;
  Interleaver interleaver_;
  Fragmenter fragmenter_;
  HeaderBook headers_;
  PendingMetadata metadata_;
  std::map<std::uint32_t, Line> lines_;
  std::uint32_t committing_ = 0;  ///< the track whose unit it is
  std::uint64_t pushes_ = 0;
  bool ownUnit_ = true;               ///< what becomes of a unit is the fate of the frame that is being put
  bool opened_ = false;               ///< a fragment was, ever
  std::optional<TimePoint> started_;  ///< when the first unit came
  std::optional<Ticks> lastStart_;    ///< of the newest fragment
  std::optional<TimePoint> headerNarrowed_;  ///< when a track last left
  bool distanceTold_ = false;
  unsigned repairsTold_ = 0;  ///< a bit for each kind
};

}  // namespace kvs::intake
