// SPDX-License-Identifier: Apache-2.0
#include "media/nal_codec.h"

namespace kvs::media {

void GroupTracker::beginUnit() {
  store_.beginUnit();
  randomAccess_ = hasSlice_ = beginsGroup_ = false;
}

bool GroupTracker::slice(bool intra, std::optional<unsigned> pps) {
  if (!hasSlice_) beginsGroup_ = randomAccess_ || intra;
  if (!hasSlice_ && beginsGroup_) store_.beginGroup();
  hasSlice_ = true;
  if (pps) store_.use(*pps);
  return beginsGroup_;
}

}  // namespace kvs::media
