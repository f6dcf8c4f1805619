// SPDX-License-Identifier: Apache-2.0
// What all transfers of a CurlTransport share: the multi handle, the connect gate, the CA store, the
// TLS session cache; and the lists of those that have something to do, so that no pass visits all.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "net/address_doubt.h"
#include "net/connect_gate.h"
#include "net/curl_multi.h"
#include "net/curl_user.h"
#include "net/transport_options.h"
#include "net/trust.h"

namespace kvs::net {

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

  /// CurlUser::begin() is called when this one may connect.
  void enterGate(std::shared_ptr<CurlUser> user);
  /// The transfer's host has an address.
  void resolved(const CurlUser& user);
  /// It is connected, or needs no connection any more.
  void leaveGate(const CurlUser& user);
  AddressDoubt& doubt() { return doubt_; }
  /// 64 KiB for whoever reads a body at the moment.
  std::span<std::byte> scratch() { return scratch_; }
  /// CurlUser::proceed() is called soon.
  void wantProceed(std::shared_ptr<CurlUser> user);
  /// CurlUser::deliver() is called soon, outside libcurl.
  void wantDeliver(std::shared_ptr<CurlUser> user);
  /// CurlUser::close() is called as soon as libcurl is left; now, unless a callback of its runs.
  void wantClose(std::shared_ptr<CurlUser> user);

 private:
  static constexpr std::size_t kScratch = 64 * 1024;

  void onReady() override;
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
  std::unordered_map<ConnectGate::Id, std::shared_ptr<CurlUser>> waiting_;
  std::vector<std::shared_ptr<CurlUser>> proceeding_;
  std::vector<std::shared_ptr<CurlUser>> news_;
  std::vector<std::shared_ptr<CurlUser>> closing_;
  Bytes scratch_ = Bytes(kScratch);
  bool timeoutsDue_ = false;
  bool aboutToRun_ = false;  // onReady() looks at timeoutsDue_ next
  CurlMulti multi_;
};

}  // namespace kvs::net
