// SPDX-License-Identifier: Apache-2.0
// One control-plane request: gathers the body, checks the signature, meets its faults, asks the ControlPlane
// and answers when what changed is on disk and known.
#pragma once

#include <memory>
#include <string>

#include "faults/call_faults.h"
#include "http/http_connection.h"
#include "service/server_context.h"

namespace kvslocal {

class ControlExchange : public RequestHandler, public std::enable_shared_from_this<ControlExchange> {
 public:
  ControlExchange(ServerContext& context, const HttpConnection::Ptr& connection, HttpHead head)
      : context_(context), connection_(connection), head_(std::move(head)), faults_(context, connection) {}

  void start() override;
  void onBody(ByteView bytes, MonoTime arrival) override;
  void onEnd() override;
  void onClosed() override { closed_ = true; }

 private:
  void answer(const std::string& stream);
  void change(const std::string& stream);
  [[nodiscard]] ControlAnswer ask() const;
  void settle(const std::string& stream, const ControlAnswer& made, bool onDisk);
  void reply(const HttpReply& reply);
  [[nodiscard]] std::string baseUrl() const;

  ServerContext& context_;
  std::weak_ptr<HttpConnection> connection_;
  HttpHead head_;
  std::string operation_;
  std::string body_;
  std::optional<ServiceError> refused_;  ///< by its head alone: the body is not kept
  CallFaults faults_;
  bool closed_ = false;
};

}  // namespace kvslocal
