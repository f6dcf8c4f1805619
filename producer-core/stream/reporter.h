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
#include "intake/sequencer.h"
#include "net/lag_histogram.h"
#include "net/loop.h"
#include "producer.h"
#include "store/stream_store.h"
#include "stream/notifier.h"
#include "upload/reports.h"
#include "upload/upload_state.h"

namespace kvs::stream {

class Reporter final : public upload::Reports {
 public:
  /// `intake`, `upload`: guarded by the store's lock.
  Reporter(const StreamConfig& config, Logger logger, std::shared_ptr<Notifier> notifier,
           store::StreamStore& store, intake::IntakeState& intake, const upload::UploadState& upload,
           const store::StorageBudget& storage, const net::Loop& loop, const Clock& clock);

  void report(News news) override { notifier_->tell(std::move(news)); }
  std::function<void(const Error&)> warner() const override;
  void noteError(const Error& error) override;
  void credentialsTaken(const CredentialsTaken& taken) override;
  void located(const std::string& endpoint) override;
  void confirmed(Nanoseconds delay) override { ackDelays_.add(delay); }
  void watchLoop() override;
  void reportPressure(Nanoseconds buffered) override;
  void reportNoted() override;

  /// What became of a frame.
  void reportFate(const intake::IngestOutcome& outcome);
  void reportDropped(const std::optional<FramesDropped>& dropped);
  /// No frame is coming for now: those that were dropped are reported.
  void endOfRun() { reportDropped(dropped_.end()); }
  /// Nothing is delivered any more.
  void silence() { notifier_->close(); }

  StreamStats stats() const;

 private:
  void reportLost(const FragmentLost& lost);

  const StreamConfig& config_;
  const std::shared_ptr<Notifier> notifier_;
  store::StreamStore& store_;
  intake::IntakeState& intake_ KVS_GUARDED_BY(store_.mutex());
  const upload::UploadState& upload_ KVS_GUARDED_BY(store_.mutex());
  const store::StorageBudget& storage_;
  const net::Loop& loop_;
  const Clock& clock_;

  /// Of credentials, the data endpoint and the last error; what is counted is counted elsewhere.
  StreamStats stats_ KVS_GUARDED_BY(store_.mutex());
  intake::DroppedRun dropped_;              ///< frames not taken since the last one that was
  net::LagHistogram ackDelays_;             ///< from a fragment's first frame to its last acknowledgement
  std::atomic<bool> isStorageFull_{false};  ///< and reported
  std::atomic<bool> isLate_{false};
  std::atomic<bool> isLoopLate_{false};
};

}  // namespace kvs::stream
