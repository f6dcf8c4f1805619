// SPDX-License-Identifier: Apache-2.0
// What was made of each secret that was sent, so that it need not be made for each text, nor for all secrets
// again when one comes or goes. Inside the room only.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace kvs {

using MadeOfSecret = std::shared_ptr<const void>;

/// What `make` made of each of them, now or before; of equal ones once. It is dropped with its secret: no
/// copy outlives it for longer than the caller holds this. `make` may make no secret and drop none.
std::shared_ptr<const std::vector<MadeOfSecret>> madeOfSentSecrets(
    const std::function<MadeOfSecret(std::string_view)>& make);

}  // namespace kvs
