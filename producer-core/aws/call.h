// SPDX-License-Identifier: Apache-2.0
// Something asked for whose answer comes later, by a callback on the loop.
#pragma once

#include <memory>

namespace kvs::aws {

/// A call under way. Destroying it cancels it, also from inside its callback; after that none comes.
class Call {
 public:
  virtual ~Call() = default;
};
using CallHandle = std::unique_ptr<Call>;

}  // namespace kvs::aws
