// SPDX-License-Identifier: Apache-2.0
#include "http_parser.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/optional.hpp>
#include <limits>

namespace kvslocal {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using ErrorCode = boost::beast::error_code;

constexpr std::uint32_t maxHeadBytes = 64 * 1024;  // session tokens are long

std::string text(string_view view) {
  return {view.data(), view.size()};
}

}  // namespace

struct HttpParser::Impl final : http::basic_parser<true> {
  explicit Impl(HttpParserEvents wanted) : events(std::move(wanted)) {
    header_limit(maxHeadBytes);
    body_limit(std::numeric_limits<std::uint64_t>::max());  // "none" is taken for 0 by Boost 1.74
    eager(true);
  }

  HttpParserEvents events;
  HttpHead head;

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int, ErrorCode&) override {
    head.method = text(method);
    head.target = text(target);
  }
  void on_response_impl(int, string_view, int, ErrorCode&) override {}
  void on_field_impl(http::field, string_view name, string_view value, ErrorCode&) override {
    head.headers.emplace_back(toLower(text(name)), std::string(trim(text(value))));
  }
  void on_header_impl(ErrorCode&) override {
    head.keepAlive = keep_alive();
    events.head(head);
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(string_view body, ErrorCode&) override { return handOn(body); }
  void on_chunk_header_impl(std::uint64_t, string_view, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, ErrorCode&) override {
    return handOn(body);
  }
  void on_finish_impl(ErrorCode&) override { events.end(); }

  std::size_t handOn(string_view body) {
    events.body({reinterpret_cast<const std::uint8_t*>(body.data()), body.size()});
    return body.size();
  }
};

HttpParser::HttpParser(HttpParserEvents events) : impl_(std::make_unique<Impl>(std::move(events))) {}
HttpParser::~HttpParser() = default;

Result<std::size_t> HttpParser::feed(ByteView bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !impl_->is_done()) {
    ErrorCode error;
    const auto rest = bytes.subspan(taken);
    const std::size_t count = impl_->put(boost::asio::buffer(rest.data(), rest.size()), error);
    taken += count;
    if (error == http::error::need_more) break;
    if (error) return failure("not an HTTP request: " + error.message());
    if (count == 0) break;
  }
  return taken;
}

}  // namespace kvslocal
