// SPDX-License-Identifier: Apache-2.0
// How a handle of libcurl is set up: where every request connects to, by which way, whom it trusts; and what
// each kind of request uses to set its own options.
#pragma once

#include <curl/curl.h>

#include "net/transport.h"

namespace kvs::net {

class CurlEngine;
class CurlUser;

/// Sets options until one is refused.
class CurlOptions {
 public:
  explicit CurlOptions(CURL* easy) : easy_(easy) {}
  template <class Value>
  CurlOptions& set(CURLoption option, Value value) {
    if (result_ == CURLE_OK) result_ = curl_easy_setopt(easy_, option, value);
    return *this;
  }
  CURLcode result() const { return result_; }

 private:
  CURL* easy_;
  CURLcode result_ = CURLE_OK;
};

/// Inside a callback of libcurl: an exception (no memory) becomes libcurl's own way to say "stop".
template <class Work>
auto guarded(Work&& work, decltype(work()) onException) noexcept {
  try {
    return work();
  } catch (...) {
    return onException;
  }
}

/// Whether the request says whom it trusts.
inline bool bringsAuthorities(const Request& request) {
  return request.identity && !request.identity->authorities.empty();
}

/// Everything about the connection of `user`, who must outlive the handle; as must `request`.
CURLcode setConnectionOptions(CURL* easy, CurlUser& user, CurlEngine& engine, const Request& request);

}  // namespace kvs::net
