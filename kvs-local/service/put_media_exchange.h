// SPDX-License-Identifier: Apache-2.0
// The client's side of a PutMedia session: the request's signature and headers are checked, then a session is
// made for it. Here pieces of a body become calls of the session, and its acknowledgements become chunks of
// the answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/exchange.h"
#include "service/media_session.h"
#include "service/put_media_headers.h"
#include "service/sigv4.h"
#include "service/stream_table.h"

namespace kvslocal {

/// Makes the session of a request, with all filters that stand before it.
using SessionMaker =
    std::function<std::shared_ptr<MediaSession>(const PutMediaHeaders&, MediaAnswer&, Exchange&)>;

class PutMediaExchange final : public RequestHandler, private MediaAnswer {
 public:
  PutMediaExchange(const VerifierConfig& verifier, const Clock& clock, StreamTable& streams,
                   const SessionMaker& makeSession, HttpHead head);
  ~PutMediaExchange() override;

  void start(Exchange& exchange) override;
  void onBody(ByteView bytes, MonoTime arrival) override;
  void onEnd() override;
  void onClosed() override;

 private:
  class Lines;

  void accept(const Headers& headers) override;
  void refuse(const HttpReply& reply) override;
  void acknowledge(const Ack& ack) override;
  void write(const std::string& text) override;
  void finish(Ending ending) override;
  void pull(std::size_t most) override;
  [[nodiscard]] std::optional<MonoTime> waitingSince() const override { return waitingSince_; }

  Result<void> readHeaders();

  const VerifierConfig& verifier_;
  const Clock& clock_;
  StreamTable& streams_;
  const SessionMaker& makeSession_;
  HttpHead head_;
  PutMediaHeaders headers_;
  Exchange* exchange_ = nullptr;  ///< null when it is over
  std::shared_ptr<MediaSession> session_;
  std::shared_ptr<Lines> lines_;
  std::optional<MonoTime> waitingSince_;
};

}  // namespace kvslocal
