// SPDX-License-Identifier: Apache-2.0
#include "stream/notifier.h"

#include <utility>

namespace kvs::stream {

void Notifier::tell(News news) {
  if (!listener_) return;
  {
    const Lock lock(mutex_);
    if (closed_ || (queue_.size() >= bound && mayBeDropped(news))) return;
    queue_.push_back(std::move(news));
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
    News news;
    {
      const Lock lock(mutex_);
      if (queue_.empty()) {
        running_ = false;
        return;
      }
      news = std::move(queue_.front());
      queue_.pop_front();
    }
    kvs::deliver(news, *listener_);
  }
}

}  // namespace kvs::stream
