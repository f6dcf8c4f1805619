// SPDX-License-Identifier: Apache-2.0
#include "aws/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace kvs::aws {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlDeleter>;

struct CurlFree {
  void operator()(char* text) const noexcept { curl_free(text); }
};

std::string part(const UrlHandle& url, CURLUPart which, unsigned flags = 0) {
  char* raw = nullptr;
  if (curl_url_get(url.get(), which, &raw, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, CurlFree> text(raw);
  return text.get();
}

bool hasBlankOrControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f;
  });
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

}  // namespace

std::string UrlParts::authority() const {
  return port.empty() ? host : host + ":" + port;
}

std::optional<UrlParts> parseUrl(std::string_view text) {
  if (hasBlankOrControl(text)) return std::nullopt;
  const UrlHandle url(curl_url());
  const std::string terminated(text);
  if (!url ||
      curl_url_set(url.get(), CURLUPART_URL, terminated.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return std::nullopt;
  }
  UrlParts parts;
  parts.scheme = part(url, CURLUPART_SCHEME);
  parts.host = lower(part(url, CURLUPART_HOST));
  parts.port = part(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  parts.path = part(url, CURLUPART_PATH);
  parts.query = part(url, CURLUPART_QUERY);
  parts.user = part(url, CURLUPART_USER) + part(url, CURLUPART_PASSWORD);
  parts.fragment = part(url, CURLUPART_FRAGMENT);
  if (parts.host.empty()) return std::nullopt;
  return parts;
}

}  // namespace kvs::aws
