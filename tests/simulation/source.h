// SPDX-License-Identifier: Apache-2.0
// The simulated camera, and its own account of what the stream took: frame by frame, with the time
// that each must have, reckoned apart from the producer's timeline.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/corrected_clock.h"
#include "h264_frames.h"
#include "plan.h"
#include "sim_clock.h"
#include "stream/stream_core.h"

namespace kvs::sim {

struct AcceptedFrame {
  std::uint64_t number = 0;
  bool key = false;
  std::int64_t wallMs = 0;  ///< rounded down to TimecodeScale
  unsigned epoch = 0;
};

class Source {
 public:
  Source(const Plan& plan, const test::SimClock& clock) : plan_(plan), clock_(clock) {}
  /// The wall clock that the stream goes by.
  void goBy(const CorrectedClock& wall) { wall_ = &wall; }

  /// Adds what it gives to the stream.
  Result<void> addTracks(stream::StreamCore& core);
  /// Lets go of the stream.
  void leave() {
    camera_.reset();
    microphone_.reset();
  }
  bool hasAudio() const { return plan_.audio; }
  /// Which frames a loss covers is told by time. Two tracks bound a fragment together, and between a jump of
  /// media time and the next key frame this account knows too little of them: then only numbers are compared.
  bool knowsTimes() const { return !plan_.audio || !jumped_; }
  Nanoseconds interval() const { return Nanoseconds(Seconds(1)) / plan_.framesPerSecond; }

  /// Offers the next frame, and writes down what became of it.
  void put(stream::StreamCore& core);
  /// A moment without a frame: media time goes on, the group begins anew.
  void skipTime();
  void changeFormat() { formatChanges_ = true; }
  void jump(Milliseconds by) {
    mediaTime_ += by;
    audioTime_ += by;
    jumped_ = true;
  }

  /// The microphone: a frame of sound, or (`silent`) none.
  static constexpr Milliseconds audioInterval{400};
  void putAudio(bool silent);

  const std::vector<AcceptedFrame>& accepted() const { return accepted_; }
  std::uint64_t offered() const { return nextNumber_ + (nextAudio_ - test::firstAudioNumber); }
  std::uint64_t count(FrameFate fate) const {
    const auto it = fates_.find(fate);
    return it == fates_.end() ? 0 : it->second;
  }
  const std::vector<std::string>& tagsTaken() const { return tags_; }
  Nanoseconds frameDuration() const { return interval(); }

 private:
  void account(std::uint64_t number, bool key, Nanoseconds pts);
  void takeUpTime();
  std::int64_t ticksOf(Nanoseconds time) const;

  const Plan& plan_;
  const test::SimClock& clock_;
  const CorrectedClock* wall_ = nullptr;
  std::unique_ptr<TrackWriter> camera_, microphone_;
  Nanoseconds correction_{0};
  std::uint64_t nextNumber_ = 0;
  std::uint64_t nextAudio_ = test::firstAudioNumber;
  int inGroup_ = 0;
  Nanoseconds mediaTime_{std::chrono::hours(1000)};  // of the group's first frame, as x264enc begins
  Nanoseconds audioTime_{std::chrono::hours(1000)};
  bool largeFormat_ = false;
  bool formatChanges_ = false;
  bool jumped_ = false;
  std::vector<AcceptedFrame> accepted_;
  std::map<FrameFate, std::uint64_t> fates_;
  std::vector<std::string> tags_;

  // The account's own idea of the timeline.
  std::optional<std::int64_t> lastTicks_;
  std::int64_t groupStart_ = 0;
  std::int64_t zeroTicks_ = 0;  // wall ticks of media time zero
  unsigned epoch_ = 0;
};

}  // namespace kvs::sim
