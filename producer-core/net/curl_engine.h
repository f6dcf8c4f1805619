// SPDX-License-Identifier: Apache-2.0
// What all transfers of a CurlTransport share: the multi handles, the connect gate, the CA store, the
// addresses and TLS sessions that were found; and the lists of those that have something to do, so that no
// pass visits all.
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
  CurlMulti& multiForCall() { return *multis_.front(); }
  /// libcurl looks through all connections of a multi whenever one of them sends or receives TLS. Measured:
  /// 0.4 us a call with 64 of them, 86 us with 1,000. So each multi has a few uploads, and no more.
  CurlMulti& multiForUpload();
  /// For every handle.
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
  static constexpr std::size_t kUploads = 64;  // of one multi

  void onReady() override;
  void onTimeoutsDue() noexcept override;
  void onDone(CURL* easy, CURLcode code) override;
  void onActionEnd() override;

  CurlMulti& addMulti();
  bool insideCurl() const;
  void runTimeouts();
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
  bool aboutToRun_ = false;                         // onReady() looks next which multi is due
  std::vector<std::unique_ptr<CurlMulti>> multis_;  // the first is the calls'; none goes before the engine
};

}  // namespace kvs::net
