// SPDX-License-Identifier: Apache-2.0
// An address taken apart by libcurl's own parser, so that what is checked and signed is what libcurl
// will connect to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kvs::aws {

struct UrlParts {
  std::string scheme;  ///< lower case
  std::string host;    ///< lower case; IPv6 addresses in brackets, without their zone
  std::string port;    ///< empty when none stands there or it is the scheme's own
  std::string path;    ///< at least "/", dot segments removed, escapes left as they are
  std::string query;   ///< without '?'
  std::string user;    ///< user and password parts, only to be refused
  std::string fragment;

  /// host[:port], as the Host header has it.
  std::string authority() const;
};

/// Nothing when the text is not an address with scheme and host, or holds blanks or control characters.
std::optional<UrlParts> parseUrl(std::string_view url);

}  // namespace kvs::aws
