// SPDX-License-Identifier: Apache-2.0
// The service, put together: it opens the store, listens, makes a handler for each request, with faults and
// quotas before it where they are asked for, and stops cleanly. This is the one place that knows all rooms.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/options.h"
#include "faults/faults.h"
#include "faults/quotas.h"
#include "http/connection_set.h"
#include "service/change_queue.h"
#include "service/control_exchange.h"
#include "service/credential_exchange.h"
#include "service/put_media.h"
#include "service/put_media_exchange.h"

namespace kvslocal {

class Server {
 public:
  /// Opens everything that can fail. A sentence that the user can act on if something did.
  static Result<std::unique_ptr<Server>> create(const ServeOptions& options);
  ~Server();

  /// Serves until SIGINT or SIGTERM, or stop().
  void run();
  /// Any thread.
  void stop();
  /// "http://127.0.0.1:8443"
  [[nodiscard]] const std::string& url() const { return url_; }
  /// The certificate to trust, with --tls.
  [[nodiscard]] const std::string& certificate() const { return tls_.certificate; }

 private:
  /// What the handlers work with.
  struct Service;
  /// What makes trouble on purpose.
  struct Trouble {
    FaultBook faults;
    bool quotas = false;
    CallQuota calls;
  };

  explicit Server(const ServeOptions& options);
  Result<void> readFiles();
  Result<void> openService();
  Result<void> listen();
  void accept(std::unique_ptr<Socket> socket);
  std::shared_ptr<RequestHandler> route(const HttpHead& head);
  std::shared_ptr<MediaSession> makeSession(const PutMediaHeaders& headers, MediaAnswer& answer,
                                            Exchange& exchange);
  std::unique_ptr<CallGate> makeGate(bool quotas);
  void flushTrace();

  ServeOptions options_;
  Clock clock_;
  EventLoop loop_;
  TlsFiles tls_;
  std::string url_;  ///< where it listens
  Trouble trouble_;
  std::unique_ptr<Trace> trace_;
  std::unique_ptr<Service> service_;
  SessionMaker makeSession_;
  std::optional<ConnectionSet> connections_;
  std::unique_ptr<Timer> traceFlush_;
};

}  // namespace kvslocal
