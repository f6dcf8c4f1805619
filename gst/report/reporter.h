// SPDX-License-Identifier: Apache-2.0
// Hears one stream's events and tells them to the application: on the bus and by signals.
#pragma once

#include <gst/gst.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/news.h"
#include "glib/handles.h"
#include "report/structures.h"
#include "threads/deadline.h"
#include "threads/executor.h"

namespace kvs::gst {

/// Owned by the stream; called on the executor, which holds the element meanwhile. One a stream, so that
/// late events of a stream that has ended can be distinguished from the next one's.
class Reporter final : public StreamListener, public std::enable_shared_from_this<Reporter> {
 public:
  Reporter(std::shared_ptr<WeakElement> element, std::shared_ptr<CallAsyncExecutor> executor)
      : element_(std::move(element)), executor_(std::move(executor)) {}

  void onConnection(const ConnectionChange& change) override;
  void onFragmentAck(const FragmentAck& ack) override;
  void onFragmentLost(const FragmentLost& lost) override;
  void onFramesDropped(const FramesDropped& dropped) override;
  void onFragmentRefused(const FragmentRefused& refused) override;
  void onStoragePressure(const Pressure& pressure) override;
  void onLatencyPressure(const Pressure& pressure) override;
  void onConnectionStale(Nanoseconds age) override;
  void onCredentials(const CredentialsTaken& taken) override;
  void onCodecChanged(const CodecChange& change) override;
  void onTimeRepaired(const TimeRepair& repair) override;
  void onTrackSilence(const TrackSilence& silence) override;
  void onKeyFrameWanted(std::uint32_t track) override;
  void onWarning(const Error& error) override;
  void onError(const Error& error) override;
  void onDrained() override;
  void onStreamClosed() override;

  /// Posts the losses that the rate limit still holds back. Any thread.
  void tellLosses();

 private:
  struct Untold {
    LossSum losses;
    std::map<FrameFate, FramesDropped> skipped;
    bool empty() const { return losses.fragments == 0 && skipped.empty(); }
  };
  Untold takeUntold();
  bool isDue();
  void post(StructureRef structure);
  void postState(StructureRef state);
  void warn(const LossSum& losses);

  const std::shared_ptr<WeakElement> element_;
  const std::shared_ptr<CallAsyncExecutor> executor_;
  std::mutex mutex_;
  Untold untold_;
  std::optional<gint64> told_;  // when the last message about losses was posted, monotonic us
  Deadline due_;                // when what is held back is to be told
  bool isSet_ = false;          // the deadline
};

}  // namespace kvs::gst
