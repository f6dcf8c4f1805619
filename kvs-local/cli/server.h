// SPDX-License-Identifier: Apache-2.0
// The service: opens the store, listens, routes requests to their handlers, and stops cleanly.
#pragma once

#include <memory>
#include <unordered_map>

#include "http/http_connection.h"
#include "service/server_context.h"

namespace kvslocal {

class Server {
 public:
  /// Opens everything that can fail. A sentence that the user can act on if something did.
  static Result<std::unique_ptr<Server>> create(const ServeOptions& options);

  /// Serves until SIGINT or SIGTERM, or stop().
  void run();
  /// Any thread.
  void stop();
  /// "http://127.0.0.1:8443"
  [[nodiscard]] const std::string& url() const { return context_.baseUrl; }
  /// The certificate to trust, with --tls.
  [[nodiscard]] const std::string& certificate() const { return tls_.certificate; }

 private:
  Server() = default;
  Result<void> prepare();
  Result<void> openStore();
  Result<void> listen();
  void accept(std::unique_ptr<Socket> socket);
  bool makeRoom();
  std::shared_ptr<RequestHandler> route(const HttpConnection::Ptr& connection, const HttpHead& head);
  void keepHouse();

  ServerContext context_;
  TlsFiles tls_;
  std::unique_ptr<Timer> housekeeping_;
  std::unordered_map<HttpConnection*, HttpConnection::Ptr> connections_;
  std::size_t maxConnections_ = 0;
  bool fullSaid_ = false;  ///< once until there is room again
};

}  // namespace kvslocal
