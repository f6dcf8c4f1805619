// SPDX-License-Identifier: Apache-2.0
// Metadata that waits for the next fragment's head: once-only tags, and persistent ones that go with
// every fragment until they are replaced or cancelled by an empty value (guide, "Using streaming metadata").
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/tag.h"
#include "store/fragment.h"
#include "stream/events.h"

namespace kvs::stream {

class PendingMetadata {
 public:
  /// Errors: those of mkv::validateTag, and maxFragmentMetadataCount when ten are waiting already.
  Result<void> put(Tag tag, bool persistent);

  /// An event: in the tail of `open`, which it closes with the end-of-fragment tag; where none is open,
  /// or it has one of this type already, in the next fragment's head. Errors: those of
  /// mkv::validateTag, maxFragmentMetadataCount, and duplicateStreamEventType for a second of one type.
  Result<void> putEvent(const FragmentEvent& event, store::Fragment* open);

  /// The tags of the fragment that opens now, one group each; the once-only ones are spent.
  std::vector<TagGroup> take();

 private:
  std::map<std::string, std::string> persistent_;
  std::size_t waiting() const;

  std::vector<Tag> once_;
  std::vector<TagGroup> events_;
};

}  // namespace kvs::stream
