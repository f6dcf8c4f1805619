// SPDX-License-Identifier: Apache-2.0
#include "aws/gated_call.h"

#include <utility>

namespace kvs::aws {
namespace {

class GatedCall final : public Call {
 public:
  GatedCall(std::shared_ptr<const Service> service, std::function<CallHandle()> makeCall)
      : service_(std::move(service)), place_(service_->gate->reserve(service_->clock->now())) {
    if (place_ <= service_->clock->now()) {
      call_ = makeCall();
      return;
    }
    timer_ = service_->loop->at(place_, [this, makeCall = std::move(makeCall)] {
      timer_ = 0;
      call_ = makeCall();
    });
  }
  ~GatedCall() override {
    if (timer_ == 0) return;
    service_->loop->cancel(timer_);
    service_->gate->giveBack(place_);
  }
  GatedCall(const GatedCall&) = delete;
  GatedCall& operator=(const GatedCall&) = delete;

 private:
  const std::shared_ptr<const Service> service_;
  const TimePoint place_;
  net::Loop::TimerId timer_ = 0;  // while it waits
  CallHandle call_;
};

}  // namespace

CallHandle callThroughGate(std::shared_ptr<const Service> service, std::function<CallHandle()> makeCall) {
  return std::make_unique<GatedCall>(std::move(service), std::move(makeCall));
}

}  // namespace kvs::aws
