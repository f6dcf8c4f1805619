// SPDX-License-Identifier: Apache-2.0
// What a stream says of itself: news to its application, statistics, and lines for the operator's log. Part
// of its StreamCore; called from any thread, with no lock held.
#pragma once

#include <atomic>
#include <concepts>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/news.h"
#include "base/stats.h"
#include "intake/dropped_run.h"
#include "net/lag_histogram.h"
#include "net/loop.h"
#include "producer.h"
#include "stream/notifier.h"
#include "stream/stream_buffer.h"
#include "upload/reports.h"

namespace kvs::stream {

class Reporter final : public upload::Reports {
 public:
  Reporter(const StreamConfig& config, Logger logger, std::shared_ptr<Notifier> notifier,
           StreamBuffer& buffer, const store::StorageBudget& storage, const net::Loop& loop,
           const Clock& clock);

  void report(News news) override { notifier_->tell(std::move(news)); }
  std::function<void(const Error&)> warner() const override;
  void noteError(const Error& error) override;
  void credentialsTaken(const CredentialsTaken& taken) override;
  void located(const std::string& endpoint) override;
  void confirmed(Nanoseconds delay) override { ackDelays_.add(delay); }
  void watchLoop() override;
  void reportPressure() override;
  void reportNoted() override;

  /// What became of a frame.
  void reportFate(FrameFate fate, const Frame& frame);
  void reportDropped(const std::optional<FramesDropped>& dropped);
  /// No frame is coming for now: those that were dropped are reported.
  void endOfRun() { reportDropped(dropped_.end()); }
  /// Nothing is delivered any more.
  void silence() { notifier_->close(); }

  StreamStats stats() const;

 private:
  const StreamConfig& config_;
  const std::shared_ptr<Notifier> notifier_;
  StreamBuffer& buffer_;
  const store::StorageBudget& storage_;
  const net::Loop& loop_;
  const Clock& clock_;

  intake::DroppedRun dropped_;              ///< frames not taken since the last one that was
  net::LagHistogram ackDelays_;             ///< from a fragment's first frame to its last acknowledgement
  std::atomic<bool> isStorageFull_{false};  ///< and reported
  std::atomic<bool> isLate_{false};
  std::atomic<bool> isLoopLate_{false};
};

}  // namespace kvs::stream
