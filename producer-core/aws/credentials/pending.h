// SPDX-License-Identifier: Apache-2.0
// A callback that another thread's answer goes to, unless it was cancelled before. Inside the room only.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "aws/call.h"

namespace kvs::aws {

/// Shared by the call's handle and the work; everything but its life happens on the loop.
template <class T>
class Pending {
 public:
  explicit Pending(std::function<void(T)> callback) : callback_(std::move(callback)) {}

  void cancel() { callback_ = nullptr; }
  void answer(T value) {
    if (const auto callback = std::exchange(callback_, nullptr)) callback(std::move(value));
  }

 private:
  std::function<void(T)> callback_;
};

template <class T>
class PendingCall final : public Call {
 public:
  PendingCall(std::shared_ptr<Pending<T>> pending, std::function<void()> onCancel = {})
      : pending_(std::move(pending)), onCancel_(std::move(onCancel)) {}
  ~PendingCall() override {
    pending_->cancel();
    if (onCancel_) onCancel_();
  }
  PendingCall(const PendingCall&) = delete;
  PendingCall& operator=(const PendingCall&) = delete;

 private:
  std::shared_ptr<Pending<T>> pending_;
  std::function<void()> onCancel_;
};

}  // namespace kvs::aws
