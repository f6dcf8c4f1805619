// SPDX-License-Identifier: Apache-2.0
#include "net/proxy.h"

#include <algorithm>

#include "base/wiping.h"
#include "net/curl_handle.h"

namespace kvs::net {

namespace {
constexpr std::size_t kMaxText = 2048;

tl::unexpected<Error> refuse(const char* why) {
  return fail(StatusCode::invalidArg, ErrorKind::fatal,
              std::string("The proxy's address ") + why +
                  " Write it as http://HOST:PORT or http://USER:PASSWORD@HOST:PORT.");
}

bool isVisible(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

/// libcurl's copy of a part, overwritten when it goes.
class Part {
 public:
  Part(CURLU* url, CURLUPart which, unsigned flags = 0) {
    isBroken_ = curl_url_get(url, which, &text_, flags) == CURLUE_URLDECODE;
  }
  ~Part() {
    if (text_) std::fill_n(static_cast<volatile char*>(text_), text().size(), '\0');
    curl_free(text_);
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  /// Its %-escapes stand for what can't be text.
  bool isBroken() const { return isBroken_; }
  std::string_view text() const { return text_ ? std::string_view(text_) : std::string_view(); }

 private:
  char* text_ = nullptr;
  bool isBroken_ = false;
};
}  // namespace

Result<Proxy> parseProxy(std::string_view text) {
  if (text.size() > kMaxText) return refuse("is longer than 2048 characters.");
  if (!isVisible(text) || text.find(' ') != text.npos)
    return refuse("contains a blank or control character.");
  const CurlUrl url(curl_url());
  const WipingString terminated(text);
  if (!url || curl_url_set(url.get(), CURLUPART_URL, terminated.c_str(),
                           CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME) != CURLUE_OK) {
    return refuse("can't be read.");
  }
  if (Part(url.get(), CURLUPART_SCHEME).text() != "http") return refuse("does not begin with http://.");
  const Part host(url.get(), CURLUPART_HOST);
  const Part port(url.get(), CURLUPART_PORT);
  const Part user(url.get(), CURLUPART_USER, CURLU_URLDECODE);
  const Part password(url.get(), CURLUPART_PASSWORD, CURLU_URLDECODE);
  if (host.text().empty() || port.text().empty()) return refuse("names no host or no port.");
  const bool more = Part(url.get(), CURLUPART_PATH).text() != "/" ||
                    !Part(url.get(), CURLUPART_QUERY).text().empty() ||
                    !Part(url.get(), CURLUPART_FRAGMENT).text().empty();
  if (more) return refuse("goes on behind the port.");
  if (user.isBroken() || password.isBroken() || !isVisible(user.text()) || !isVisible(password.text()))
    return refuse("contains a control character in its user or password.");
  if (user.text().find(':') != user.text().npos) return refuse("holds a colon in its user.");
  Proxy proxy;
  proxy.address = "http://" + std::string(host.text()) + ":" + std::string(port.text());
  proxy.user = user.text();
  proxy.password = Secret(password.text());
  proxy.password.sent();
  return proxy;
}

}  // namespace kvs::net
