// SPDX-License-Identifier: Apache-2.0
// A call or a download (Profile::call, Profile::download): libcurl does all of it, from the connection, which
// it may use again, to the last byte of the answer.
#pragma once

#include <optional>
#include <string_view>

#include "base/wiping.h"
#include "net/curl_transfer.h"
#include "net/response_head.h"

namespace kvs::net {

class CurlOptions;

class CurlCall final : public CurlTransfer {
 public:
  CurlCall(std::shared_ptr<CurlEngine> engine, Request request, ExchangeListener& listener)
      : CurlTransfer(std::move(engine), std::move(request), listener) {}

  void holdAnswer() override;
  void resumeAnswer() override;
  void proceed() override;
  void onDone(CURLcode code) override;

 private:
  /// What becomes of a piece of the answer that libcurl brings.
  enum class Take { all, later, none };

  CurlMulti& chooseMulti() override { return engine_->multiForCall(); }
  CURLcode setOwnOptions() override;
  const ResponseHead* finalHead() const override { return head_.isComplete() ? &head_.head() : nullptr; }
  bool deliverBody() override;
  void onClose() override { headers_.reset(); }

  bool isDownload() const { return request_.profile == Profile::download; }
  void setBody(CurlOptions& options);
  /// Nothing where a header can't be sent as it is.
  std::optional<CurlList> headerList() const;

  bool onHeaderLine(std::string_view line);
  Take onBody(ByteView raw);
  Take onCallBody(ByteView raw);
  Take onDownloadBody(ByteView raw);

  static CurlCall& of(void* self) { return *static_cast<CurlCall*>(self); }
  static std::size_t headerCallback(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t writeCallback(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static int connectedCallback(void* self, char*, char*, int, int) noexcept;

  CurlList headers_;
  ResponseHeadReader head_;
  WipingBytes data_;  // may hold credentials
  Bytes downloaded_;  // media: long, and no secret
  std::size_t received_ = 0;
  bool answerHeld_ = false;    ///< the listener wants no more for now
  bool answerPaused_ = false;  ///< libcurl keeps a piece that was not taken, and reads no further
  bool resumeQueued_ = false;
};

}  // namespace kvs::net
