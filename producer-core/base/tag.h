// SPDX-License-Identifier: Apache-2.0
// One piece of fragment metadata: what becomes a Matroska SimpleTag and, at the service, a name and
// a value that consumers read with the fragment.
#pragma once

#include <string>
#include <vector>

namespace kvs {

struct Tag {
  std::string name;   ///< 1-128 bytes of UTF-8; must not begin with "AWS", except for the service's own
  std::string value;  ///< up to 256 bytes of UTF-8
  bool operator==(const Tag&) const = default;
};

/// The SimpleTags of one Matroska Tag element: an event's mark and its pairs stay together.
using TagGroup = std::vector<Tag>;

}  // namespace kvs
