// SPDX-License-Identifier: Apache-2.0
#include "aws/streamed_call.h"

#include <utility>

#include "aws/learn_time.h"
#include "aws/service_error.h"

namespace kvs::aws {

namespace {
constexpr std::size_t maxRefusalBody = 16 * 1024;
}

StreamedCall::StreamedCall(std::shared_ptr<const Service> service, const Operation& operation,
                           std::string about, net::Request request, StreamedCallListener& listener)
    : service_(std::move(service)),
      operation_(operation),
      about_(std::move(about)),
      listener_(listener),
      exchange_(service_->transport->start(std::move(request), *this)) {}

void StreamedCall::onHead(const net::ResponseHead& head) {
  head_ = head;
  if (!isRefused()) listener_.onAccepted(head);  // a refusal's body says why; onEnd reports it
}

void StreamedCall::onData(ByteView data) {
  if (!isRefused()) return listener_.onData(data);
  refusalBody_ += asText(data).substr(0, maxRefusalBody - refusalBody_.size());
}

/// The listener may destroy this object: nothing of it is touched afterwards.
void StreamedCall::onEnd(Result<void> result) {
  if (isRefused()) return listener_.onRefused(refusal());
  if (result) return listener_.onEnd({});
  listener_.onEnd(fail(describeTransportError(std::move(result.error()), operation_, about_)));
}

Error StreamedCall::refusal() const {
  return learnTimeIfRefused(parseErrorAnswer(head_, refusalBody_, operation_, about_), *service_->clock);
}

}  // namespace kvs::aws
