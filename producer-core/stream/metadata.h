// SPDX-License-Identifier: Apache-2.0
// Metadata that waits for the next fragment's head: once-only tags, and persistent ones that go with
// every fragment until they are replaced or cancelled by an empty value (guide, lines 4306-4379).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/tag.h"

namespace kvs::stream {

class PendingMetadata {
 public:
  /// Errors: those of mkv::validateTag, and maxFragmentMetadataCount when ten are waiting already.
  Result<void> put(Tag tag, bool persistent);

  /// The tags of the fragment that opens now, one group each; the once-only ones are spent.
  std::vector<TagGroup> take();

 private:
  std::map<std::string, std::string> persistent_;
  std::vector<Tag> once_;
};

}  // namespace kvs::stream
