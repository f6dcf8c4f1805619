// SPDX-License-Identifier: Apache-2.0
// When the element is at its end, and when to say so: every pad has ended, what was put is
// durable or was waited for long enough, and the element plays.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace kvs::gst {

/// Pure bookkeeping: starts nothing, posts nothing, has no lock of its own.
class Eos {
 public:
  using Pad = const void*;
  using Generation = unsigned;
  using Seqnum = std::uint32_t;

  void addPad(Pad pad) { restart(pad); }
  void removePad(Pad pad);

  void end(Pad pad, Seqnum seqnum);
  /// FLUSH_STOP or STREAM_START: takes the pad's end back, and with it the element's.
  void restart(Pad pad);
  /// From READY into PAUSED: no pad has ended.
  void reset();

  /// When every pad has ended and this was not known before: the drain that has to begin now.
  std::optional<Generation> begin();
  /// The drain is over. False if it is not the one under way.
  bool finish(Generation generation);

  bool draining() const { return phase_ == Phase::draining; }
  bool reached() const { return phase_ == Phase::reached; }
  Generation generation() const { return generation_; }

  void setPlaying(bool playing);
  /// The seqnum of the message that has to be posted now, once for each time the element plays.
  std::optional<Seqnum> takeMessage();

 private:
  enum class Phase { none, draining, reached };

  std::map<Pad, bool> pads_;  // true: has ended
  Phase phase_ = Phase::none;
  Generation generation_ = 0;
  Seqnum seqnum_ = 0;  // of the last pad's EOS
  bool playing_ = false;
  bool posted_ = false;
};

}  // namespace kvs::gst
