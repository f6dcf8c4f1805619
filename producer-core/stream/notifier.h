// SPDX-License-Identifier: Apache-2.0
// The way out of the house: one bounded FIFO a stream, drained by at most one job at a time on the
// application's executor, so that neither the loop nor a lock is held while a handler runs.
#pragma once

#include <deque>
#include <memory>

#include "base/mutex.h"
#include "producer.h"

namespace kvs::stream {

class Notifier : public std::enable_shared_from_this<Notifier> {
 public:
  Notifier(std::shared_ptr<StreamListener> listener, std::shared_ptr<Executor> executor)
      : listener_(std::move(listener)), executor_(std::move(executor)) {}

  /// Any thread, no lock held. Where nobody listens nothing is queued. Of a full queue only what may be
  /// dropped is.
  void tell(News news) KVS_EXCLUDES(mutex_);

  /// Forgets what is undelivered; nothing is delivered any more. Does not wait for a handler that runs.
  void close() KVS_EXCLUDES(mutex_);

 private:
  static constexpr std::size_t bound = 1024;
  void deliver() KVS_EXCLUDES(mutex_);

  const std::shared_ptr<StreamListener> listener_;
  const std::shared_ptr<Executor> executor_;
  Mutex mutex_{"notifier"};
  std::deque<News> queue_ KVS_GUARDED_BY(mutex_);
  bool running_ KVS_GUARDED_BY(mutex_) = false;
  bool closed_ KVS_GUARDED_BY(mutex_) = false;
};

/// The process's dispatcher thread: made with the first listener that brings no executor of its own,
/// gone with the last.
std::shared_ptr<Executor> sharedDispatcher();

}  // namespace kvs::stream
