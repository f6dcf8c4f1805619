// SPDX-License-Identifier: Apache-2.0
// Hears one stream's events and tells them to the application: on the bus and by signals.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>
#include <optional>

#include "raii.h"
#include "stream/events.h"
#include "structures.h"

namespace kvs::gst {

/// Owned by the stream; called on the executor, which holds the element meanwhile. One a stream, so that
/// late events of a stream that has ended are told from the next one's.
class Reporter final : public StreamListener {
 public:
  explicit Reporter(std::shared_ptr<WeakElement> element) : element_(std::move(element)) {}

  void onConnection(const ConnectionChange& change) override;
  void onFragmentAck(const FragmentAck& ack) override;
  void onFragmentLost(const FragmentLost& lost) override;
  void onFramesDropped(std::uint64_t count, FrameFate why) override;
  void onCodecChanged(const CodecChange& change) override;
  void onTimeRepaired(const TimeRepair& repair) override;
  void onTrackSilence(const TrackSilence& silence) override;
  void onWarning(const Error& error) override;
  void onError(const Error& error) override;
  void onDrained() override;
  void onStreamClosed() override;

  /// Posts the losses that the rate limit still holds back. Any thread.
  void tellLosses();

 private:
  std::optional<LossSum> takeLosses();
  void post(StructureRef structure);
  void warnOnce(const LossSum& losses);

  const std::shared_ptr<WeakElement> element_;
  std::mutex mutex_;
  LossSum losses_;              // not yet told
  std::optional<gint64> told_;  // when the last message about losses was posted, monotonic us
  bool warned_ = false;
};

}  // namespace kvs::gst
