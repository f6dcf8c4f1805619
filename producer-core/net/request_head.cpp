// SPDX-License-Identifier: Apache-2.0
#include "net/request_head.h"

#include "net/curl_handle.h"

namespace kvs::net {

namespace {
std::string targetOf(CURLU* url) {
  const std::string query = urlPart(url, CURLUPART_QUERY);
  return urlPart(url, CURLUPART_PATH) + (query.empty() ? "" : "?" + query);
}

std::string hostOf(CURLU* url) {
  const std::string port = urlPart(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  return urlPart(url, CURLUPART_HOST) + (port.empty() ? "" : ":" + port);
}
}  // namespace

bool isPlain(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

std::optional<WipingString> renderHead(const Request& request, const std::string& userAgent) {
  const CurlUrl url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK)
    return std::nullopt;
  bool good = isPlain(request.method) && !request.method.empty();
  WipingString head(request.method);
  head.append(" ").append(targetOf(url.get())).append(" HTTP/1.1\r\n");
  const auto add = [&](std::string_view name, std::string_view value) {
    good = good && !name.empty() && isPlain(name) && isPlain(value);
    head.append(name).append(value.empty() ? ":" : ": ").append(value).append("\r\n");
  };
  if (findHeader(request.headers, "Host").empty()) add("Host", hostOf(url.get()));
  if (findHeader(request.headers, "User-Agent").empty() && !userAgent.empty()) add("User-Agent", userAgent);
  if (findHeader(request.headers, "Accept").empty()) add("Accept", "*/*");
  for (const Header& header : request.headers)
    add(header.name, header.value);
  add("Transfer-Encoding", "chunked");
  head.append("\r\n");
  return good ? std::optional(std::move(head)) : std::nullopt;
}

}  // namespace kvs::net
