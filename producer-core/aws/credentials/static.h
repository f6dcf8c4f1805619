// SPDX-License-Identifier: Apache-2.0
// Credentials given directly: the properties access-key, secret-key and session-token.
#pragma once

#include <string>

#include "aws/credentials/provider.h"

namespace kvs::aws {

class StaticProvider final : public CredentialProvider {
 public:
  /// Empty texts are "not set".
  StaticProvider(std::string accessKey, Secret secretKey, Secret sessionToken)
      : accessKey_(std::move(accessKey)),
        secretKey_(std::move(secretKey)),
        sessionToken_(std::move(sessionToken)) {}
  std::string_view name() const override { return "properties access-key and secret-key"; }
  void fetch(Callback callback) override;

 private:
  std::string accessKey_;
  Secret secretKey_;
  Secret sessionToken_;
};

}  // namespace kvs::aws
