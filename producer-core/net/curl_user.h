// SPDX-License-Identifier: Apache-2.0
// Who has a handle of libcurl in a CurlEngine: what the engine, and libcurl's callbacks, ask of it.
#pragma once

#include <curl/curl.h>

#include "net/connect_gate.h"
#include "net/place.h"

namespace kvs::net {

/// Called on the loop's thread only.
class CurlUser {
 public:
  CurlUser() = default;
  virtual ~CurlUser() = default;
  CurlUser(const CurlUser&) = delete;
  CurlUser& operator=(const CurlUser&) = delete;

  ConnectGate::Id id() const { return reinterpret_cast<ConnectGate::Id>(this); }
  virtual const Place& place() const = 0;

  /// It may connect now.
  virtual void begin() = 0;
  /// The host has an address, and libcurl wants a socket for it. Inside libcurl.
  virtual curl_socket_t openSocket(const curl_sockaddr& address) = 0;
  /// libcurl is done with it: with the whole of a call, with the connection of an upload.
  virtual void onDone(CURLcode code) = 0;
  /// What CurlEngine::wantProceed() asked for.
  virtual void proceed() = 0;
  /// What CurlEngine::wantDeliver() asked for.
  virtual void deliver() = 0;
  /// Gives the handle back.
  virtual void close() = 0;
};

}  // namespace kvs::net
