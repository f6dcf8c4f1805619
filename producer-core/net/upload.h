// SPDX-License-Identifier: Apache-2.0
// A long upload (Profile::realtime, Profile::bulk) on a connection of its own: libcurl connects it, by way of
// proxies and TLS, and then leaves it to us. We frame the body, send it when there is some, and look for
// the answer only when something came; so a live frame is one call of the kernel, and every end is seen
// at once.
#pragma once

#include <cstdint>

#include "net/answer_reader.h"
#include "net/connected_socket.h"
#include "net/curl_transfer.h"
#include "net/loop.h"
#include "net/outgoing.h"

namespace kvs::net {

class Upload final : public CurlTransfer {
 public:
  Upload(std::shared_ptr<CurlEngine> engine, Request request, ExchangeListener& listener)
      : CurlTransfer(std::move(engine), std::move(request), listener) {}

  void resume() override;
  std::uint64_t bytesSent() const override { return outgoing_.bodyBytesSent(); }
  void proceed() override;
  void onDone(CURLcode code) override;

 private:
  CurlMulti& chooseMulti() override { return engine_->multiForUpload(); }
  CURLcode setOwnOptions() override;
  const ResponseHead* finalHead() const override { return answer_.hasHead() ? &answer_.head() : nullptr; }
  bool deliverBody() override;
  void onClose() override;

  void onEvents(std::uint32_t events);
  void watch(std::uint32_t events);

  void send();
  bool flush();
  bool fill(std::size_t& share);
  void queue();
  void onSendError(const ConnectedSocket::Moved& moved);

  bool receive();
  void take(ByteView came);
  void onHead();
  void endWithError(Error error);

  ConnectedSocket socket_;
  std::uint32_t watched_ = 0;
  Outgoing outgoing_;
  bool waiting_ = false;  ///< the source had nothing
  bool reading_ = false;
  bool proceedQueued_ = false;
  bool bodyEnded_ = false;

  AnswerReader answer_;
  WipingBytes data_;  // of the answer, for the listener
  std::size_t received_ = 0;
  Loop::TimerId patience_ = 0;  // for the text of a refusal
};

}  // namespace kvs::net
