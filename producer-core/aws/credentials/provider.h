// SPDX-License-Identifier: Apache-2.0
// A source of credentials. One file a source; the chain puts them in the guide's order.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "aws/credentials/credentials.h"
#include "base/error.h"

namespace kvs::aws {

class CredentialProvider {
 public:
  using Callback = std::function<void(Result<Credentials>)>;

  virtual ~CredentialProvider() = default;

  /// The source's name, for people: "environment variables".
  virtual std::string_view name() const = 0;

  /// Asks for credentials. Called on the loop; the callback comes on the loop, once, perhaps before
  /// fetch() returns, perhaps much later; never after the provider is destroyed.
  /// ErrorKind::notFound means that the source is not configured (or only in part): the next one may
  /// be asked. Every other kind means that it is configured and failed: nobody else is asked.
  virtual void fetch(Callback callback) = 0;

  /// The same after the service refused `refused`: what is remembered of those is not given again. Many may
  /// ask for the same ones at once; the source is asked once.
  virtual void refresh(const Credentials& refused, Callback callback) {
    static_cast<void>(refused);
    fetch(std::move(callback));
  }

  /// What fetch() would give without asking anybody; nothing where somebody must be asked. Cheap: called at
  /// the start of every session, so that a change is taken up there.
  virtual std::optional<Result<Credentials>> atHand() { return std::nullopt; }
};

}  // namespace kvs::aws
