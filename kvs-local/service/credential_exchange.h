// SPDX-License-Identifier: Apache-2.0
// One request for temporary credentials (`--credentials`), as AWS IoT, a container's agent, an instance's
// metadata service and the Security Token Service answer it.
#pragma once

#include <memory>
#include <string>

#include "faults/call_faults.h"
#include "http/http_connection.h"
#include "service/server_context.h"

namespace kvslocal {

class CredentialExchange : public RequestHandler, public std::enable_shared_from_this<CredentialExchange> {
 public:
  CredentialExchange(ServerContext& context, const HttpConnection::Ptr& connection, HttpHead head)
      : context_(context), connection_(connection), head_(std::move(head)), faults_(context, connection) {}

  /// Whether the request is one for this handler.
  static bool knows(const HttpHead& head);

  void start() override;
  void onBody(ByteView bytes, MonoTime arrival) override;
  void onEnd() override;
  void onClosed() override { closed_ = true; }

 private:
  [[nodiscard]] std::string operation() const;
  HttpReply answer();
  HttpReply answerIot();
  HttpReply answerContainer();
  HttpReply answerMetadataToken();
  HttpReply answerMetadata(const std::string& operation);
  HttpReply answerAssumeRole(const std::string& action);
  [[nodiscard]] std::string field(const std::string& name) const;
  void reply(const HttpReply& reply);

  ServerContext& context_;
  std::weak_ptr<HttpConnection> connection_;
  HttpHead head_;
  std::string body_;
  CallFaults faults_;
  bool closed_ = false;
};

}  // namespace kvslocal
