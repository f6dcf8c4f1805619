// SPDX-License-Identifier: Apache-2.0
// The order of units over all tracks: decoding order, without any thread waiting. Each
// track has a lane of units that have come; the first of a lane may go when every other track has got
// as far, or has kept it waiting for longer than it may. A key frame that leading pictures may follow
// is held until the first picture behind it is known: only then is it clear where its fragment begins.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "intake/feeder.h"
#include "intake/unit.h"

namespace kvs::intake {

struct InterleaverConfig {
  Nanoseconds timeout = Milliseconds(500);  ///< of waiting for a track, by the clock
  Nanoseconds atStart = Seconds(5);         ///< of waiting for a track's format
  Nanoseconds longest = Seconds(5);         ///< of waiting for a track that gives frames, and old ones
  /// Recordings come as fast as they are taken: there it is media time that runs out, and only where the
  /// thread that is ahead is the one that should bring what is missing. Others are waited for.
  std::optional<Nanoseconds> mediaTimeout;
};

/// Guarded by the stream's lock.
class Interleaver {
 public:
  explicit Interleaver(InterleaverConfig config) : config_(config) {}

  /// `sparse`: samples come when they come, and nothing ever waits for them.
  /// `expected`: its codec data are still to come, so that it is waited for as in expect().
  void add(std::uint32_t track, bool sparse, bool expected);
  void remove(std::uint32_t track) { lanes_.erase(track); }
  /// Waited for from the first unit of another track on, before its format is known.
  void expect(std::uint32_t track);

  /// Who brings what comes next of the track.
  void setFeeder(std::uint32_t track, Feeder feeder);
  /// Who set the track up: until something has come of it, that is all that is known.
  void setAnnouncer(std::uint32_t track, Feeder feeder);

  void push(std::uint32_t track, Unit unit);
  /// The track has got to `time` without a unit.
  void advance(std::uint32_t track, Nanoseconds time);
  void setEnded(std::uint32_t track, bool ended);

  struct Next {
    std::uint32_t track = 0;
    Unit unit;
    Nanoseconds groupStart{0};  ///< of a key frame: the least time of it and its leading pictures
  };
  /// The unit whose turn it is; none where the next must wait.
  std::optional<Next> next(TimePoint now) { return take(now, false); }
  /// The same, and nothing is waited for.
  std::optional<Next> force() { return take(TimePoint::max(), true); }

  /// When next() would give more although nothing came.
  std::optional<TimePoint> deadline() const;

  /// It kept the others waiting for too long, and has given nothing since; or it has ended.
  bool isSilent(std::uint32_t track) const;
  bool hasEnded(std::uint32_t track) const;
  /// Others cannot go on without it: they are further, or its key frame is held until what comes behind it
  /// shows where its fragment begins.
  bool isAwaited(std::uint32_t track) const;
  bool hasUnits() const;
  /// With mediaTimeout: the feeder of the track, which has got to `time` (unset: to its last unit's end), is
  /// to let others catch up. Never true of the thread that feeds the track that is furthest behind.
  bool isTooFarAhead(std::uint32_t track, Feeder feeder, std::optional<Nanoseconds> time, TimePoint now);
  /// What the first unit waits for is still to be brought, and not by `feeder`.
  bool waitsForOthers(Feeder feeder, TimePoint now) const;
  /// Media that waits in the fullest lane.
  Nanoseconds waiting() const;
  std::vector<std::uint32_t> expected() const;
  /// Whom the first unit waits for is waited for no longer.
  void giveUpWaiting();

 private:
  struct Lane {
    std::deque<Unit> units;
    std::optional<Nanoseconds> reached;  ///< all before this has come
    std::optional<Nanoseconds> lastOrder;
    TimePoint cameAt = TimePoint::min();  ///< its newest unit
    Feeder feeder = nobody;               ///< before anything has come: who set it up
    bool sparse = false;
    bool expected = false;  ///< its format is not known
    bool ended = false;
    bool silent = false;
  };
  struct Candidate {
    std::uint32_t track = 0;
    const Lane* lane = nullptr;
    Nanoseconds order{0};
    Nanoseconds groupStart{0};
  };

  std::optional<Next> take(TimePoint now, bool force);
  std::optional<Candidate> first() const;
  bool isHeld(const Lane& lane, TimePoint now) const;
  static Nanoseconds groupStart(const Lane& lane);
  static Nanoseconds order(const Lane& lane, Nanoseconds groupStart);
  bool keepsWaiting(std::uint32_t track, const Lane& lane, const Candidate& candidate) const;
  std::vector<std::uint32_t> waitedFor(const Candidate& candidate) const;
  void stopWaitingFor(const std::vector<std::uint32_t>& tracks);
  std::optional<TimePoint> over(const Lane& lane, const Candidate& candidate) const;
  std::optional<TimePoint> overUnheard(const Lane& lane, const Lane& front) const;
  bool areOver(const std::vector<std::uint32_t>& tracks, const Candidate& candidate, TimePoint now) const;
  bool isOvertakenByItsFeeder(const Lane& lane) const;
  bool awaitsBeginning(const Lane& own, Feeder feeder, Nanoseconds time, TimePoint now);
  bool isOverUnheard(const Lane& front, TimePoint now) const;
  bool mayKeepWaiting(const Lane& lane) const;
  TimePoint patience(const Lane& lane, const Unit& unit) const;

  InterleaverConfig config_;
  std::map<std::uint32_t, Lane> lanes_;
  std::optional<TimePoint> started_;  ///< when the first unit of all came
};

}  // namespace kvs::intake
