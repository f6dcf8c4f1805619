// SPDX-License-Identifier: Apache-2.0
#include "credential_issuer.h"

#include <array>
#include <ctime>
#include <random>

namespace kvslocal {
namespace {

std::string randomText(std::size_t length, std::string_view letters) {
  static thread_local std::mt19937_64 generator{std::random_device{}()};
  std::string text;
  while (text.size() < length)
    text += letters[generator() % letters.size()];
  return text;
}

}  // namespace

IssuedKey CredentialIssuer::issue(WallTime now) {
  std::erase_if(issued_,
                [&](const auto& entry) { return entry.second.expires + std::chrono::hours(24) < now; });
  constexpr std::string_view upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  IssuedKey key{"ASIA" + randomText(16, upper), randomText(40, base64), randomText(200, base64),
                now + lifetime_};
  issued_[key.accessKey] = key;
  return key;
}

std::optional<IssuedKey> CredentialIssuer::find(const std::string& accessKey) const {
  const auto found = issued_.find(accessKey);
  return found == issued_.end() ? std::nullopt : std::optional(found->second);
}

std::string isoSeconds(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace kvslocal
