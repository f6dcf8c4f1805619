// SPDX-License-Identifier: Apache-2.0
// Temporary credentials as AWS's own sources give them, for trying (`--credentials`). Nothing of what is
// issued is kept: the session token itself says when it expires, and only this issuer can have made it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/result.h"

namespace kvslocal {

struct IssuedKey {
  std::string accessKey;
  std::string secretKey;
  std::string sessionToken;
  WallTime expires{};
};

class CredentialIssuer {
 public:
  explicit CredentialIssuer(std::chrono::seconds lifetime = std::chrono::hours(1));

  /// New credentials, good from `now` for the issuer's lifetime.
  IssuedKey issue(WallTime now);
  /// The credentials of that key and token, expired ones as well: the answer to them is another one than to
  /// those that were never issued.
  [[nodiscard]] std::optional<IssuedKey> find(const std::string& accessKey, const std::string& token) const;

 private:
  [[nodiscard]] IssuedKey keyOf(const std::string& accessKey, WallTime expires) const;
  [[nodiscard]] std::string seal(const std::string& purpose, const std::string& accessKey,
                                 WallTime expires) const;

  std::chrono::seconds lifetime_;
  std::string ownKey_;  ///< a new one with each start
};

/// "2026-01-31T23:59:59Z".
std::string isoSeconds(WallTime time);

}  // namespace kvslocal
