// SPDX-License-Identifier: Apache-2.0
// What all transfers of a CurlTransport share: the multi handle, the connect gate, the CA store, the
// TLS session cache; and the lists of those that have something to do, so that no pass visits all.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/address_doubt.h"
#include "net/connect_gate.h"
#include "net/curl_multi.h"
#include "net/transport_options.h"
#include "net/trust.h"

namespace kvs::net {

class CurlTransfer;

/// Lives as long as the transport or any of its exchanges. On the loop's thread only, its
/// construction apart.
class CurlEngine final : public Ready, private CurlMulti::Delegate {
 public:
  CurlEngine(const std::shared_ptr<Loop>& loop, TransportOptions options);
  ~CurlEngine() override;

  Loop& loop() { return loop_; }
  const TransportOptions& options() const { return options_; }
  CurlMulti& multi() { return multi_; }
  CURLSH* share() { return share_.get(); }
  Trust& trust() { return *trust_; }

  /// CurlTransfer::begin() is called when this one may connect.
  void enterGate(std::shared_ptr<CurlTransfer> transfer);
  /// The transfer's host has an address.
  void resolved(const CurlTransfer& transfer);
  /// It is connected, or needs no connection any more.
  void leaveGate(const CurlTransfer& transfer);
  AddressDoubt& doubt() { return doubt_; }
  /// CurlTransfer::unpause() is called soon.
  void wantResume(std::shared_ptr<CurlTransfer> transfer);
  /// CurlTransfer::deliver() is called soon, outside libcurl.
  void wantDeliver(std::shared_ptr<CurlTransfer> transfer);
  /// CurlTransfer::close() is called as soon as libcurl is left; now, unless a callback of its runs.
  void wantClose(std::shared_ptr<CurlTransfer> transfer);

 private:
  void onReady() override;
  void onWants(CURL* easy, curl_socket_t fd, int what) noexcept override;
  void onTimeoutsDue() noexcept override;
  void onDone(CURL* easy, CURLcode code) override;
  void onActionEnd() override;

  void admit();
  void settle();

  Loop& loop_;
  const TransportOptions options_;
  const std::shared_ptr<Trust> trust_;
  CurlShare share_;
  ConnectGate gate_;
  AddressDoubt doubt_;
  std::unordered_map<ConnectGate::Id, std::shared_ptr<CurlTransfer>> waiting_;
  std::vector<std::shared_ptr<CurlTransfer>> resumed_;
  std::vector<std::shared_ptr<CurlTransfer>> news_;
  std::vector<std::shared_ptr<CurlTransfer>> closing_;
  bool timeoutsDue_ = false;
  bool aboutToRun_ = false;  // onReady() looks at timeoutsDue_ next
  CurlMulti multi_;
};

}  // namespace kvs::net
