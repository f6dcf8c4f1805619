// SPDX-License-Identifier: Apache-2.0
// Temporary credentials as AWS's own sources give them, for trying (`--credentials`): what is issued here is
// known to the signature check until it expires.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "result.h"

namespace kvslocal {

struct IssuedKey {
  std::string accessKey;
  std::string secretKey;
  std::string sessionToken;
  WallTime expires{};
};

class CredentialIssuer {
 public:
  explicit CredentialIssuer(std::chrono::seconds lifetime = std::chrono::hours(1)) : lifetime_(lifetime) {}

  /// New credentials, good from `now` for the issuer's lifetime.
  IssuedKey issue(WallTime now);
  /// Also when they have expired, for a day: the answer to them is another one then.
  [[nodiscard]] std::optional<IssuedKey> find(const std::string& accessKey) const;

 private:
  std::chrono::seconds lifetime_;
  std::map<std::string, IssuedKey> issued_;
};

/// "2026-01-31T23:59:59Z".
std::string isoSeconds(WallTime time);

}  // namespace kvslocal
