// SPDX-License-Identifier: Apache-2.0
// One request on its way by libcurl: what calls, downloads and uploads share, from the wait for a place to
// the one end. libcurl's callbacks only note things; the listener hears of them after libcurl was left
// (deliver()), so it may do anything, also destroy this or other exchanges. The kinds are CurlCall and
// Upload.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "net/curl_engine.h"
#include "net/curl_error.h"
#include "net/curl_handle.h"
#include "net/curl_user.h"
#include "net/place.h"
#include "net/transport.h"

namespace kvs::net {

/// On the loop's thread only. Held by its exchange, and by the engine's lists while it stands in one.
class CurlTransfer : public CurlUser, public std::enable_shared_from_this<CurlTransfer> {
 public:
  ~CurlTransfer() override;

  // For the exchange.
  void start();
  virtual void resume() {}
  virtual void holdAnswer() {}
  virtual void resumeAnswer() {}
  virtual std::uint64_t bytesSent() const { return 0; }
  /// No callback from now on; the connection is closed as soon as libcurl allows.
  void abandon();

  // For the engine; proceed() and onDone() are the kinds' own.
  const Place& place() const override { return place_; }
  void begin() override;
  curl_socket_t openSocket(const curl_sockaddr& address) override;
  void deliver() override;
  void close() override;

 protected:
  CurlTransfer(std::shared_ptr<CurlEngine> engine, Request request, ExchangeListener& listener);

  virtual CurlMulti& chooseMulti() = 0;
  /// The kind's own options of the handle, behind those of every request.
  virtual CURLcode setOwnOptions() = 0;
  /// Null until the final head is complete.
  virtual const ResponseHead* finalHead() const = 0;
  /// Gives what has come to the listener; false while the listener wants no more, not even the end.
  virtual bool deliverBody() = 0;
  virtual void onClose() {}

  void end(Result<void> result);
  void endWith(CURLcode code);
  void connected();
  void news();
  Error failureOf(CURLcode code, int osError = 0) const;
  bool refused() const { return finalHead() && finalHead()->status != 200; }

  const std::shared_ptr<CurlEngine> engine_;
  Request request_;
  ExchangeListener* listener_;  // null: abandoned
  Place place_;
  CurlEasy easy_;  // null before begin() and after close()
  std::optional<Result<void>> end_;

 private:
  CURLcode forgetDoubtfulAddress();

  CurlList resolve_;
  std::array<char, CURL_ERROR_SIZE> errorText_{};
  CurlMulti* multi_ = nullptr;  // which has the handle
  int socketError_ = 0;
  bool socketAsked_ = false;
  bool connected_ = false;
  bool headDelivered_ = false;
  bool endDelivered_ = false;
  bool newsQueued_ = false;
};

}  // namespace kvs::net
