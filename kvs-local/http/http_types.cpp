// SPDX-License-Identifier: Apache-2.0
#include "http/http_types.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <random>

namespace kvslocal {
namespace {

const char* reasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

}  // namespace

std::optional<std::string> HttpHead::header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::nullopt : std::optional(found->second);
}

HttpReply jsonReply(std::string body) {
  return {200, {{"Content-Type", "application/json"}}, std::move(body)};
}

HttpReply plainRefusal(int status, const std::string& why) {
  return {status, {{"Content-Type", "text/plain"}}, why};
}

std::string renderHead(int status, const Headers& headers, std::optional<std::uint64_t> length, WallTime now,
                       bool close) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + ' ' + reasonPhrase(status) + "\r\n";
  const bool dated = std::any_of(headers.begin(), headers.end(),
                                 [](const auto& header) { return toLower(header.first) == "date"; });
  if (!dated) head += "Date: " + httpDate(now) + "\r\n";
  for (const auto& [name, value] : headers)
    head += name + ": " + value + "\r\n";
  head += length ? "Content-Length: " + std::to_string(*length) : std::string("Transfer-Encoding: chunked");
  head += close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n";
  return head;
}

std::string renderChunk(std::string_view data) {
  constexpr const char* digits = "0123456789abcdef";
  std::string size;
  for (std::size_t rest = data.size(); rest > 0; rest /= 16)
    size.insert(size.begin(), digits[rest % 16]);
  if (size.empty()) size = "0";
  return size + "\r\n" + std::string(data) + "\r\n";
}

std::string httpDate(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), length};
}

std::string makeRequestId() {
  static thread_local std::mt19937_64 generator{std::random_device{}()};
  constexpr const char* digits = "0123456789abcdef";
  std::string id;
  for (int i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) id += '-';
    id += digits[generator() % 16];
  }
  return id;
}

std::string toLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace kvslocal
