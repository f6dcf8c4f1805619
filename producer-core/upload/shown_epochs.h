// SPDX-License-Identifier: Apache-2.0
// Which epochs a session has shown to the service. Times are settled by their first head in a session that
// the service accepts: one that it refuses for the sake of a wrong clock has begun to send, too.
#pragma once

#include <utility>
#include <vector>

#include "store/epoch.h"

namespace kvs::upload {

/// Used under the stream's lock.
class ShownEpochs {
 public:
  /// A head with its times was rendered.
  void show(const store::SharedEpoch& epoch) {
    if (accepted_) return epoch->freeze();
    if (shown_.empty() || shown_.back() != epoch) shown_.push_back(epoch);
  }
  void accepted() {
    accepted_ = true;
    for (const store::SharedEpoch& epoch : std::exchange(shown_, {}))
      epoch->freeze();
  }

 private:
  bool accepted_ = false;
  std::vector<store::SharedEpoch> shown_;
};

}  // namespace kvs::upload
