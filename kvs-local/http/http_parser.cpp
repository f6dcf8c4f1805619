// SPDX-License-Identifier: Apache-2.0
#include "http/http_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional.hpp>
#include <limits>
#include <optional>

#include "http/chunked_body.h"

namespace kvslocal {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

constexpr std::size_t maxHeadBytes = 64 * 1024;  // session tokens are long

std::string text(string_view view) {
  return {view.data(), view.size()};
}

tl::unexpected<std::string> notHttp(const std::string& why) {
  return failure("not an HTTP request: " + why);
}

/// Gathers a head up to its empty line. What can't become one is refused at its first wrong byte: a client
/// that speaks another protocol would wait for an answer.
class HeadText {
 public:
  /// How many of `bytes` belong to the head.
  Result<std::size_t> take(ByteView bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !whole_) {
      const std::uint8_t byte = bytes[taken++];
      if (text_.size() >= maxHeadBytes) return notHttp("its head is over 64 KiB");
      if (const char* fault = faultOf(byte)) return notHttp(fault);
      text_ += static_cast<char>(byte);
      whole_ = byte == '\n' && text_.ends_with("\r\n\r\n");
    }
    return taken;
  }
  [[nodiscard]] bool whole() const { return whole_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  /// What is wrong with the next byte; null when nothing is.
  const char* faultOf(std::uint8_t byte) {
    const bool afterReturn = !text_.empty() && text_.back() == '\r';
    if (afterReturn != (byte == '\n')) return "a line does not end in CR and LF";
    if (!method_) return nullptr;
    if (byte == ' ' && !text_.empty()) {
      method_ = false;
    } else if (!isTokenCharacter(byte)) {
      return "it does not begin with a method";
    }
    return nullptr;
  }

  std::string text_;
  bool method_ = true;  ///< still in it
  bool whole_ = false;
};

/// Reads a head that is whole, in one call.
class HeadReader final : public http::basic_parser<true> {
 public:
  HeadReader() {
    header_limit(maxHeadBytes);
    body_limit(std::numeric_limits<std::uint64_t>::max());  // "none" is taken for 0 by Boost 1.74
    eager(false);
  }

  Result<HttpHead> read(const std::string& whole) {
    ErrorCode error;
    const std::size_t count = put(boost::asio::buffer(whole), error);
    if (error) return notHttp(error.message());
    if (count != whole.size() || !is_header_done()) return notHttp("its head is malformed");
    head_.keepAlive = keep_alive();
    return std::move(head_);
  }

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int, ErrorCode&) override {
    head_.method = text(method);
    head_.target = text(target);
  }
  void on_response_impl(int, string_view, int, ErrorCode&) override {}
  void on_field_impl(http::field, string_view name, string_view value, ErrorCode&) override {
    head_.headers.emplace_back(toLower(text(name)), std::string(trim(text(value))));
  }
  void on_header_impl(ErrorCode&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(string_view, ErrorCode&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, string_view, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view, ErrorCode&) override { return 0; }
  void on_finish_impl(ErrorCode&) override {}

  HttpHead head_;
};

}  // namespace

struct HttpParser::Impl {
  Result<HttpPart> next(ByteView bytes) {
    if (gathering) return takeHead(bytes);
    if (whole()) return takeEnd();
    return chunks ? takeChunks(bytes) : takeSized(bytes);
  }

  Result<HttpPart> takeHead(ByteView bytes) {
    const auto taken = gathering->take(bytes);
    if (!taken) return failure(taken.error());
    if (!gathering->whole()) return HttpPart{HttpPart::Kind::nothing, *taken, {}};
    HeadReader reader;
    const auto read = reader.read(gathering->text());
    if (!read) return failure(read.error());
    if (read->header("transfer-encoding") && !reader.chunked())
      return notHttp("its body has a coding other than chunked");
    head = *read;
    gathering.reset();
    if (reader.chunked()) chunks.emplace();
    left = reader.content_length().value_or(0);
    return HttpPart{HttpPart::Kind::head, *taken, {}};
  }

  Result<HttpPart> takeSized(ByteView bytes) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left));
    left -= count;
    return HttpPart{count > 0 ? HttpPart::Kind::body : HttpPart::Kind::nothing, count, bytes.first(count)};
  }

  Result<HttpPart> takeChunks(ByteView bytes) {
    const auto piece = chunks->next(bytes);
    if (!piece) return notHttp(piece.error());
    HttpPart part{HttpPart::Kind::body, piece->taken, piece->data};
    if (part.body.empty()) part.kind = HttpPart::Kind::nothing;
    if (chunks->done()) part.kind = takeEnd().kind;
    return part;
  }

  HttpPart takeEnd() {
    const auto kind = ended ? HttpPart::Kind::nothing : HttpPart::Kind::end;
    ended = true;
    return {kind, 0, {}};
  }

  [[nodiscard]] bool whole() const { return chunks ? chunks->done() : left == 0; }

  std::optional<HeadText> gathering{std::in_place};
  HttpHead head;
  std::optional<ChunkedBody> chunks;
  std::uint64_t left = 0;  ///< of a body whose length was announced
  bool ended = false;
};

HttpParser::HttpParser() : impl_(std::make_unique<Impl>()) {}
HttpParser::~HttpParser() = default;

Result<HttpPart> HttpParser::next(ByteView bytes) {
  return impl_->next(bytes);
}

const HttpHead& HttpParser::head() const {
  return impl_->head;
}

}  // namespace kvslocal
