// SPDX-License-Identifier: Apache-2.0
// One request on its way: its libcurl handle, what libcurl's callbacks told, and the end that is ours
// to decide, since libcurl reports none while an upload is paused. libcurl's callbacks only note things;
// the listener hears of them after libcurl was left (deliver()), so it may do anything, also destroy this
// or other exchanges.
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "base/wiping.h"
#include "net/connect_gate.h"
#include "net/curl_error.h"
#include "net/curl_handle.h"
#include "net/loop.h"
#include "net/place.h"
#include "net/response_body.h"
#include "net/response_head.h"
#include "net/transport.h"
#include "net/upload_count.h"

namespace kvs::net {

class CurlEngine;

class CurlTransfer final : public std::enable_shared_from_this<CurlTransfer> {
 public:
  CurlTransfer(std::shared_ptr<CurlEngine> engine, Request request, ExchangeListener& listener);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // For the exchange.
  void start();
  void resume();
  void holdAnswer();
  void resumeAnswer();
  std::uint64_t bytesSent() const;
  /// No callback from now on; the connection is closed as soon as libcurl allows.
  void abandon();

  // For the engine.
  static CurlTransfer* of(CURL* easy);
  ConnectGate::Id id() const { return reinterpret_cast<ConnectGate::Id>(this); }
  const Place& place() const { return place_; }
  void begin();
  void unpause();
  void onWants(curl_socket_t fd, int what) noexcept;
  void onDone(CURLcode code);
  void deliver();
  void close();

 private:
  void deliverData();
  /// What becomes of a piece of the answer that libcurl brings.
  enum class Take { all, later, none };

  bool isDownload() const { return request_.profile == Profile::download; }
  bool refused() const { return head_.isComplete() && head_.head().status != 200; }
  bool bringsAuthorities() const { return request_.identity && !request_.identity->authorities.empty(); }
  // The handle's set-up (curl_options.cpp).
  CURLcode setOptions();
  CURLcode setUploadOptions();
  CURLcode setCallOptions();
  CURLcode setRoute();
  CURLcode setSecurity();
  CURLcode setIdentity(const TlsIdentity& identity);
  CURLcode forgetDoubtfulAddress();
  /// Nothing where a header can't be sent as it is.
  std::optional<CurlList> headerList() const;

  bool onHeaderLine(std::string_view line);
  void onHeadComplete();
  Take onBody(ByteView raw);
  Take onCallBody(ByteView raw);
  Take onDownloadBody(ByteView raw);
  void endUpload();
  std::size_t onRead(std::span<std::byte> room);
  int onConnected();
  curl_socket_t openSocket(const curl_sockaddr& address);
  void judgeSilentEnd();
  void end(Result<void> result);
  Error failureOf(CURLcode code);
  void news();

  static std::size_t headerCallback(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t writeCallback(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t readCallback(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static int connectedCallback(void* self, char*, char*, int, int) noexcept;
  static curl_socket_t openSocketCallback(void* self, curlsocktype, curl_sockaddr* address) noexcept;
  static int socketOptionsCallback(void*, curl_socket_t fd, curlsocktype) noexcept;
  static CURLcode sslContextCallback(CURL*, void* context, void* self) noexcept;

  const std::shared_ptr<CurlEngine> engine_;
  Request request_;
  ExchangeListener* listener_;  // null: abandoned
  const bool upload_;
  Place place_;

  CurlList headers_;
  CurlList resolve_;
  std::array<char, CURL_ERROR_SIZE> errorText_{};
  CurlEasy easy_;  // null before begin() and after close()
  bool added_ = false;
  int socketError_ = 0;
  bool socketAsked_ = false;
  bool connected_ = false;

  UploadCount uploaded_;
  std::uint64_t finalWireBytes_ = 0;
  bool paused_ = false;
  bool reading_ = false;
  bool resumeQueued_ = false;
  bool bodyEnded_ = false;

  ResponseHeadReader head_;
  bool headDelivered_ = false;
  ResponseBody framing_;
  WipingBytes data_;  // may hold credentials
  Bytes downloaded_;  // media: long, and no secret
  std::size_t received_ = 0;
  bool answerHeld_ = false;    ///< the listener wants no more for now
  bool answerPaused_ = false;  ///< libcurl keeps a piece that was not taken, and reads no further
  curl_socket_t readSocket_ = CURL_SOCKET_BAD;
  bool stoppedReading_ = false;

  std::optional<Result<void>> end_;
  bool endDelivered_ = false;
  bool newsQueued_ = false;
  Loop::TimerId patience_ = 0;
};

}  // namespace kvs::net
