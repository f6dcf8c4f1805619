// SPDX-License-Identifier: Apache-2.0
// Makes a session's header of the elements before the first Cluster, in whatever order they come.
#pragma once

#include "matroska/matroska_model.h"

namespace kvslocal {

class HeaderParts {
 public:
  /// Each takes an element as received, whose payload begins at `head`. A sentence for one that is malformed.
  Result<void> takeEbml(ByteView element, std::size_t head);
  Result<void> takeInfo(ByteView element, std::size_t head);
  Result<void> takeTracks(ByteView element, std::size_t head);

  [[nodiscard]] bool hasEbml() const { return ebmlSeen_; }
  [[nodiscard]] bool hasTracks() const { return !header_.tracks.empty(); }
  /// Nothing that would belong to it can follow.
  [[nodiscard]] bool complete() const { return infoSeen_ && hasTracks(); }
  [[nodiscard]] bool given() const { return given_; }
  /// The header; nothing of it is kept.
  StreamHeader give();

 private:
  Bytes ebml_;
  Bytes info_;
  StreamHeader header_;
  bool ebmlSeen_ = false;
  bool infoSeen_ = false;
  bool given_ = false;
};

}  // namespace kvslocal
