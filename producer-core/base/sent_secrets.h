// SPDX-License-Identifier: Apache-2.0
// What was made of the secrets that were sent, so that it need not be made for each text. Inside the room
// only.
#pragma once

#include <functional>
#include <memory>

namespace kvs {

/// What `make` made of Secret::forEachSent(), now or before. It is kept as long as those secrets are all
/// there are, and dropped when the first of them goes: no copy outlives it for longer than the caller holds
/// this.
std::shared_ptr<const void> madeOfSentSecrets(const std::function<std::shared_ptr<const void>()>& make);

}  // namespace kvs
