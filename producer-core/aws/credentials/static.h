// SPDX-License-Identifier: Apache-2.0
// Credentials that are set directly: the properties access-key, secret-key and session-token.
#pragma once

#include <memory>
#include <string>

#include "aws/credentials/provider.h"
#include "aws/credentials/settings.h"

namespace kvs::aws {

class StaticProvider final : public CredentialProvider {
 public:
  /// Looks into `keys` at each fetch. Empty texts mean "not set".
  explicit StaticProvider(std::shared_ptr<const KeySlot> keys) : keys_(std::move(keys)) {}
  StaticProvider(std::string accessKey, Secret secretKey, Secret sessionToken)
      : StaticProvider(std::make_shared<const KeySlot>(
            StaticKeys{std::move(accessKey), std::move(secretKey), std::move(sessionToken)})) {}
  std::string_view name() const override { return "properties access-key and secret-key"; }
  void fetch(Callback callback) override;
  std::optional<Result<Credentials>> atHand() override;

 private:
  std::shared_ptr<const KeySlot> keys_;
};

}  // namespace kvs::aws
