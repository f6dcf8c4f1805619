// SPDX-License-Identifier: Apache-2.0
// Metadata that waits for the next fragment's head: once-only tags, and persistent ones that go with
// every fragment until they are replaced or cancelled by an empty value (guide, "Using streaming metadata").
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/news.h"
#include "base/tag.h"
#include "store/fragment.h"

namespace kvs::intake {

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

  /// No fragment follows for now: what waits for the next one goes into the tail of `last` (null: there is
  /// none), as far as that has room, in front of the mark that then closes it. The rest goes on waiting;
  /// gives the names of what was not given before.
  std::vector<std::string> leaveTo(store::Fragment* last);

 private:
  std::size_t waiting() const;
  std::vector<std::string> left() const;

  std::map<std::string, std::string> persistent_;
  std::set<std::string> changed_;  ///< persistent ones whose value no fragment has yet
  std::vector<Tag> once_;
  std::vector<TagGroup> events_;
  bool leftTold_ = false;
};

}  // namespace kvs::intake
