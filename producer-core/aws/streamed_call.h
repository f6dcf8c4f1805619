// SPDX-License-Identifier: Apache-2.0
// A request whose body, or whose answer, is a stream: PutMedia, and what reads media. Its listener hears
// whether it was accepted; a refusal is collected and reported as one Error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "aws/operation.h"
#include "aws/service.h"
#include "base/error.h"
#include "net/transport.h"

namespace kvs::aws {

/// All calls are made on the loop's thread, never from inside ServiceClient::open().
class StreamedCallListener {
 public:
  virtual ~StreamedCallListener() = default;
  /// The service answers with 200; perhaps while the request's body is still being sent.
  virtual void onAccepted(const net::ResponseHead& head) = 0;
  /// Of an accepted call.
  virtual void onData(ByteView data) = 0;
  /// The last call of one that was answered with another status: the error as parseErrorAnswer() makes it,
  /// or of ErrorKind::clock where it moved the clock (learn_time.h).
  virtual void onRefused(Error error) = 0;
  /// The last call of any other: the answer is complete, or the connection failed.
  virtual void onEnd(Result<void> result) = 0;
};

/// Made by ServiceClient::open(), owned by whoever opened it, used on the loop. Destroying it cancels it,
/// also from inside the listener's calls.
class StreamedCall final : private net::ExchangeListener {
 public:
  /// `about` is the stream's name, for errors.
  StreamedCall(std::shared_ptr<const Service> service, const Operation& operation, std::string about,
               net::Request request, StreamedCallListener& listener);

  /// The request's body has more to read.
  void resume() { exchange_->resume(); }
  /// The listener has enough for now: see net::Exchange::holdAnswer(), which is for Profile::download.
  void holdAnswer() { exchange_->holdAnswer(); }
  void resumeAnswer() { exchange_->resumeAnswer(); }
  /// Of the request's body.
  std::uint64_t bytesSent() const { return exchange_->bytesSent(); }

 private:
  void onHead(const net::ResponseHead& head) override;
  void onData(ByteView data) override;
  void onEnd(Result<void> result) override;
  bool isRefused() const { return head_.status != 0 && head_.status != 200; }
  Error refusal() const;

  const std::shared_ptr<const Service> service_;
  const Operation operation_;
  const std::string about_;
  StreamedCallListener& listener_;
  net::ResponseHead head_;
  std::string refusalBody_;
  std::unique_ptr<net::Exchange> exchange_;
};

}  // namespace kvs::aws
