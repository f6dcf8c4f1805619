// SPDX-License-Identifier: Apache-2.0
// Credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (guide, kvssink,
// "Environment variables"). Read at every fetch, so a change takes effect at the next one.
#pragma once

#include "aws/credentials/provider.h"
#include "aws/environment.h"

namespace kvs::aws {

class EnvironmentProvider final : public CredentialProvider {
 public:
  explicit EnvironmentProvider(Environment environment) : environment_(std::move(environment)) {}
  std::string_view name() const override { return "environment variables"; }
  void fetch(Callback callback) override;
  std::optional<Result<Credentials>> atHand() override;

 private:
  Environment environment_;
};

}  // namespace kvs::aws
