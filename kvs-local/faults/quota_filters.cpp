// SPDX-License-Identifier: Apache-2.0
#include "faults/quota_filters.h"

#include <utility>

#include "base/clock.h"
#include "service/service_error.h"

namespace kvslocal {

PacedMedia::PacedMedia(EventLoop& loop, CallQuota& calls, MediaAnswer& outer, std::string stream)
    : MediaFilter(outer), calls_(calls), stream_(std::move(stream)), pause_(loop.makeTimer()) {}

void PacedMedia::begin() {
  if (calls_.allow("putMedia", stream_, Clock::mono())) return inner().begin();
  refuse(errorReply({"ClientLimitExceededException", "Too many PutMedia calls a second for " + stream_}));
}

void PacedMedia::take(ByteView bytes, MonoTime arrival) {
  bytes_ += bytes.size();
  inner().take(bytes, arrival);
}

void PacedMedia::close() {
  pause_->cancel();
  inner().close();
}

void PacedMedia::acknowledge(const Ack& ack) {
  if (ack.event == AckEvent::received) ++fragments_;
  outer().acknowledge(ack);
}

void PacedMedia::pull(std::size_t most) {
  const auto delay = pace_.pauseAfter(std::exchange(bytes_, 0), std::exchange(fragments_, 0), Clock::mono());
  if (delay.count() == 0) return outer().pull(most);
  pause_->start(delay, [weak = weak_from_this(), most] {
    if (const auto self = weak.lock()) self->outer().pull(most);
  });
}

void QuotaGate::admit(const WaitingCall& call) {
  if (calls_.allow(call.operation, call.stream, Clock::mono())) return call.answer();
  call.reply(
      errorReply({"ClientLimitExceededException", "Too many calls of " + call.operation + " a second"}));
}

}  // namespace kvslocal
