// SPDX-License-Identifier: Apache-2.0
// The order of sources: the first one that is configured is used. When none is, the error names each
// source and says why it was not used.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aws/credentials/provider.h"

namespace kvs::aws {

class ChainProvider final : public CredentialProvider {
 public:
  explicit ChainProvider(std::vector<std::shared_ptr<CredentialProvider>> providers)
      : providers_(std::make_shared<const Providers>(std::move(providers))) {}
  std::string_view name() const override { return "credential chain"; }

  /// A source that is configured and fails ends the search with its error: it is retried, not passed over.
  /// If no source is configured at all, the error is ErrorKind::fatal with StatusCode::clientAuthFailed. The
  /// credentials say which sources were passed over, and why (Credentials::passedOver).
  void fetch(Callback callback) override;
  /// A source's fatal error is retryable here, since there were credentials before.
  void refresh(const Credentials& refused, Callback callback) override;
  std::optional<Result<Credentials>> atHand() override;

 private:
  using Providers = std::vector<std::shared_ptr<CredentialProvider>>;
  struct Search;
  static void askNext(const std::shared_ptr<Search>& search);

  std::shared_ptr<const Providers> providers_;  // a search that outlives it ends without calling back
};

}  // namespace kvs::aws
