// SPDX-License-Identifier: Apache-2.0
#include "stream/notifier.h"

#include <utility>

namespace kvs::stream {

void Notifier::tell(Notice notice, Weight weight) {
  if (!listener_) return;
  {
    const Lock lock(mutex_);
    if (closed_ || (weight == Weight::mayBeDropped && queue_.size() >= bound)) return;
    queue_.push_back(std::move(notice));
    if (std::exchange(running_, true)) return;
  }
  executor_->post([self = shared_from_this()] { self->deliver(); });
}

void Notifier::close() {
  const Lock lock(mutex_);
  closed_ = true;
  queue_.clear();
}

void Notifier::deliver() {
  for (;;) {
    Notice notice;
    {
      const Lock lock(mutex_);
      if (queue_.empty()) {
        running_ = false;
        return;
      }
      notice = std::move(queue_.front());
      queue_.pop_front();
    }
    notice(*listener_);
  }
}

}  // namespace kvs::stream
