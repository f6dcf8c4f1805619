// SPDX-License-Identifier: Apache-2.0
// The stream's tracks as the pads make them: one of each kind at most, each with the number that the core
// knows it by.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>

#include "base/mutex.h"
#include "pads/flow.h"
#include "pads/track_numbers.h"

namespace kvs::gst {

/// Owned by the Sink. Any thread, with no lock held. The core hears which tracks are still to say what they
/// carry, and which have gone.
class Tracks {
 public:
  explicit Tracks(Flow& flow) : flow_(flow) {}

  /// False where there is a pad of this kind already.
  bool add(GstPad* pad, media::TrackKind kind);
  /// Answers the number that the pad had.
  std::optional<std::uint32_t> remove(GstPad* pad);
  /// From READY into PAUSED: no pad has had caps.
  void reset();
  /// A stream was opened: it hears of every track that it has to wait for.
  void expectAll();

  bool isAlone(GstPad* pad) const;
  /// Whether every pad has had caps.
  bool areSettled() const;
  std::optional<std::uint32_t> numberOf(GstPad* pad) const;
  /// The pad's caps have come: the number that its track has from now on.
  std::uint32_t settle(GstPad* pad);

 private:
  void report(const TrackNumbers::Change& change);

  Flow& flow_;
  mutable Mutex mutex_{"tracks"};
  TrackNumbers numbers_ KVS_GUARDED_BY(mutex_);
};

}  // namespace kvs::gst
