// SPDX-License-Identifier: Apache-2.0
// A source of credentials. Each source has its own file; the chain puts them in the guide's order.
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

  /// The source's name for users, such as "environment variables".
  virtual std::string_view name() const = 0;

  /// Asks for credentials. Called on the loop. The callback is called once, on the loop: perhaps before
  /// fetch() returns, perhaps much later, but never after the provider is destroyed.
  /// ErrorKind::notFound means that the source is not configured, or only in part: the next one may be asked.
  /// Every other kind means that the source is configured and failed: no other source is asked.
  virtual void fetch(Callback callback) = 0;

  /// The same after the service refused `refused`, which are then not taken from a cache again. If many
  /// callers ask for the same ones at once, the source is asked once.
  virtual void refresh(const Credentials& refused, Callback callback) {
    static_cast<void>(refused);
    fetch(std::move(callback));
  }

  /// What fetch() would give without asking anybody; nothing if somebody must be asked. Cheap: it is called
  /// at the start of every session, so that changes take effect there.
  virtual std::optional<Result<Credentials>> atHand() { return std::nullopt; }
};

}  // namespace kvs::aws
