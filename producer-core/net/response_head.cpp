// SPDX-License-Identifier: Apache-2.0
#include "net/response_head.h"

#include <charconv>

namespace kvs::net {

namespace {
bool isFinal(int status) {
  return status >= 200;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// The three digits behind "HTTP/1.1 "; 0 where there are none.
int statusOf(std::string_view statusLine) {
  const auto space = statusLine.find(' ');
  int status = 0;
  if (space != std::string_view::npos) {
    std::from_chars(statusLine.data() + space + 1, statusLine.data() + statusLine.size(), status);
  }
  return status;
}
}  // namespace

bool ResponseHeadReader::take(std::string_view line) {
  size_ += line.size();
  if (size_ > kMaxSize) return false;
  if (complete_) return true;
  if (line.starts_with("HTTP/")) {
    head_ = ResponseHead{statusOf(line), {}};
  } else if (trimmed(line).empty()) {
    complete_ = isFinal(head_.status);
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    head_.headers.push_back(
        {std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1)))});
  }
  return true;
}

}  // namespace kvs::net
