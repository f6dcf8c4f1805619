// SPDX-License-Identifier: Apache-2.0
// The Transport that speaks HTTP/1.1 through libcurl, on one Loop. All of a process's streams should
// share one: connections of calls, DNS answers, TLS sessions, the CA store and the places of the
// connect gate belong to it.
#pragma once

#include <atomic>
#include <memory>

#include "net/loop.h"
#include "net/transport.h"
#include "net/transport_options.h"

namespace kvs::net {

class CurlEngine;

/// May be made and destroyed on any thread; exchanges still running keep what they need.
class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(std::shared_ptr<Loop> loop, TransportOptions options = {});
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  /// The transport of Loop::shared() with these options, made with the first holder and gone with the last.
  static std::shared_ptr<CurlTransport> shared(const TransportOptions& options = {});

  /// A request whose headers or URL can't be sent ends with a fatal error. The connect gate's key is
  /// the URL's host and port as given here; prepare() should not change them.
  std::unique_ptr<Exchange> start(Request request, ExchangeListener& listener) override;

 private:
  class Shared;
  const std::shared_ptr<Loop> loop_;
  std::atomic<bool> used_{false};
  std::shared_ptr<CurlEngine> engine_;
};

}  // namespace kvs::net
