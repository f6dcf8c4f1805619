// SPDX-License-Identifier: Apache-2.0
#include "aws/http_call.h"

#include <utility>

namespace kvs::aws {
namespace {

/// Owned by the caller of the call.
class HttpCall final : public Call, private net::ExchangeListener {
 public:
  using Finish = std::function<void(Result<Answer>)>;

  HttpCall(net::Transport& transport, net::Request request, std::size_t maxBody, Finish finish)
      : maxBody_(maxBody),
        finish_(std::move(finish)),
        exchange_(transport.start(std::move(request), *this)) {}

 private:
  void onHead(const net::ResponseHead& head) override { answer_.head = head; }

  void onData(ByteView data) override {
    if (data.size() > maxBody_ - answer_.body.size()) {
      return finish(fail(StatusCode::unknown, ErrorKind::retryable,
                         "the answer is longer than " + std::to_string(maxBody_ / 1024) + " KiB."));
    }
    answer_.body += asText(data);
  }

  void onEnd(Result<void> result) override {
    if (!result) return finish(fail(result.error()));
    finish(std::move(answer_));
  }

  /// The callback may destroy this object: nothing of it is touched afterwards.
  void finish(Result<Answer> answer) {
    const Finish callback = std::move(finish_);
    // What the request carried is known until the answer has been read.
    const auto exchange = std::move(exchange_);
    callback(std::move(answer));
  }

  const std::size_t maxBody_;
  Answer answer_;
  Finish finish_;
  std::unique_ptr<net::Exchange> exchange_;
};

}  // namespace

CallHandle startCall(net::Transport& transport, net::Request request, std::size_t maxBody,
                     std::function<void(Result<Answer>)> finish) {
  return std::make_unique<HttpCall>(transport, std::move(request), maxBody, std::move(finish));
}

}  // namespace kvs::aws
