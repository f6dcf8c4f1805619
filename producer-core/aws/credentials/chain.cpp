// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/chain.h"

#include <utility>

namespace kvs::aws {
namespace {

void addReason(std::string& reasons, const CredentialProvider& provider, const Error& why) {
  if (!reasons.empty()) reasons += "; ";
  reasons.append(provider.name()).append(": ").append(why.message);
}

bool isAbsent(const Result<Credentials>& result) {
  return !result && result.error().kind == ErrorKind::notFound;
}

tl::unexpected<Error> noneFound(const std::string& reasons) {
  return fail(StatusCode::clientAuthFailed, ErrorKind::fatal,
              "No AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the "
              "environment, or configure one of the other sources." +
                  (reasons.empty() ? "" : " Why none is used: " + reasons + "."));
}

}  // namespace

/// One walk along the chain. It owns no source, so a source that never answers is no leak.
struct ChainProvider::Search {
  std::weak_ptr<const Providers> providers;
  Callback callback;
  std::optional<Credentials> refused{};
  std::size_t next = 0;
  std::string reasons{};
};

void ChainProvider::fetch(Callback callback) {
  askNext(std::make_shared<Search>(Search{providers_, std::move(callback)}));
}

void ChainProvider::refresh(const Credentials& refused, Callback callback) {
  askNext(std::make_shared<Search>(Search{providers_, std::move(callback), refused}));
}

void ChainProvider::askNext(const std::shared_ptr<Search>& search) {
  const auto providers = search->providers.lock();
  if (!providers) return;
  if (search->next == providers->size()) return search->callback(noneFound(search->reasons));
  CredentialProvider& provider = *(*providers)[search->next++];
  const auto answered = [search, &provider](Result<Credentials> result) {
    const auto alive = search->providers.lock();
    if (!alive) return;
    if (isAbsent(result)) {
      addReason(search->reasons, provider, result.error());
      return askNext(search);
    }
    if (result) result->passedOver = search->reasons;
    // What gave credentials once may do so again: its owner may be about to mend it.
    if (!result && search->refused && result.error().kind == ErrorKind::fatal)
      result.error().kind = ErrorKind::retryable;
    search->callback(std::move(result));
  };
  if (search->refused) {
    provider.refresh(*search->refused, answered);
  } else {
    provider.fetch(answered);
  }
}

std::optional<Result<Credentials>> ChainProvider::atHand() {
  std::string reasons;
  for (const auto& provider : *providers_) {
    auto result = provider->atHand();
    if (!result) return std::nullopt;
    if (!isAbsent(*result)) {
      if (*result) (*result)->passedOver = reasons;
      return result;
    }
    addReason(reasons, *provider, result->error());
  }
  return Result<Credentials>(noneFound(reasons));
}

}  // namespace kvs::aws
