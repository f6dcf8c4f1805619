// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/chain.h"

#include <utility>

#include "aws/credentials/environment.h"
#include "aws/credentials/static.h"

namespace kvs::aws {

/// One walk along the chain. It owns no source, so a source that never answers is no leak.
struct ChainProvider::Search {
  std::weak_ptr<const Providers> providers;
  Callback callback;
  std::size_t next = 0;
  std::string reasons;
};

void ChainProvider::fetch(Callback callback) {
  askNext(std::make_shared<Search>(Search{providers_, std::move(callback), 0, {}}));
}

void ChainProvider::askNext(const std::shared_ptr<Search>& search) {
  const auto providers = search->providers.lock();
  if (!providers) return;
  if (search->next == providers->size()) {
    return search->callback(
        fail(StatusCode::clientAuthFailed, ErrorKind::fatal,
             "No AWS credentials were found" + search->reasons +
                 ". Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or "
                 "the properties access-key and secret-key."));
  }
  CredentialProvider& provider = *(*providers)[search->next++];
  provider.fetch([search, source = std::string(provider.name())](Result<Credentials> result) {
    if (search->providers.expired()) return;
    if (result || result.error().kind != ErrorKind::notFound) return search->callback(std::move(result));
    search->reasons += search->reasons.empty() ? ": " : "; ";
    search->reasons += source + ": " + result.error().message;
    askNext(search);
  });
}

std::shared_ptr<CredentialProvider> defaultChain(StaticKeys keys, Environment environment) {
  std::vector<std::shared_ptr<CredentialProvider>> providers;
  providers.push_back(std::make_shared<EnvironmentProvider>(std::move(environment)));
  providers.push_back(std::make_shared<StaticProvider>(std::move(keys.accessKey), std::move(keys.secretKey),
                                                       std::move(keys.sessionToken)));
  return std::make_shared<ChainProvider>(std::move(providers));
}

}  // namespace kvs::aws
