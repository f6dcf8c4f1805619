// SPDX-License-Identifier: Apache-2.0
// The hard bound on the bytes that buffered media may hold. One budget belongs to one stream or is
// shared by all streams of a Producer; it is charged in whole chunks, so the bound is real memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace kvs::store {

/// Thread-safe.
class StorageBudget {
 public:
  /// `leastBytes`: what the newest fragments may take where the limit is smaller.
  explicit StorageBudget(std::size_t limitBytes, std::size_t leastBytes = 0)
      : limit_(limitBytes), lack_(leastBytes > limitBytes ? leastBytes - limitBytes : 0) {}
  /// A share of `whole`: without a bound of its own, it counts what is taken through it.
  explicit StorageBudget(std::shared_ptr<StorageBudget> whole)
      : limit_(whole->limit()), lack_(whole->lack()), whole_(std::move(whole)) {}

  /// Takes `bytes` of the budget; false, and nothing taken, where that would pass the limit by more than
  /// `overdraft`.
  bool tryCharge(std::size_t bytes, std::size_t overdraft = 0) {
    if (whole_) {
      if (!whole_->tryCharge(bytes, overdraft)) return false;
      used_.fetch_add(bytes, std::memory_order_relaxed);
      return true;
    }
    const std::size_t limit = limit_ + overdraft;
    std::size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > limit || used > limit - bytes) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    return true;
  }
  void release(std::size_t bytes) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    if (whole_) whole_->release(bytes);
  }

  std::size_t limit() const { return limit_; }
  /// By how much the limit is less than what a fragment may need.
  std::size_t lack() const { return lack_; }
  std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  const std::size_t lack_;
  const std::shared_ptr<StorageBudget> whole_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace kvs::store
