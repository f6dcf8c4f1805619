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

namespace kvs::intake {

class PendingMetadata {
 public:
  /// Errors: those of mkv::validateTag, and maxFragmentMetadataCount when ten are waiting already.
  Result<void> put(Tag tag, bool persistent);

  /// An event: in the tail of the newest fragment, if that is open (`isOpen`); where none is, or it has one
  /// of this type already, in the next fragment's head. Errors: those of mkv::validateTag,
  /// maxFragmentMetadataCount, and duplicateStreamEventType for a second of one type.
  Result<void> putEvent(const FragmentEvent& event, bool isOpen);

  /// A fragment opens, and is the newest from now on: its tags, one group each. The once-only ones are spent.
  const std::vector<TagGroup>& take();
  /// Of the newest fragment, in front of the mark that closes it.
  const std::vector<TagGroup>& tail() const { return tail_; }

  /// No fragment follows for now: what waits for the next one goes into the tail of the newest, if there is
  /// one that takes it (`takesTail`), as far as it has room. The rest goes on waiting; gives the names of
  /// what was not given before.
  std::vector<std::string> leave(bool takesTail);

 private:
  std::size_t waiting() const;
  bool hasRoom(const TagGroup& group) const;
  std::vector<std::string> left() const;

  std::map<std::string, std::string> persistent_;
  std::set<std::string> changed_;  ///< persistent ones whose value no fragment has yet
  std::vector<Tag> once_;
  std::vector<TagGroup> events_;
  std::vector<TagGroup> head_;  ///< of the newest fragment
  std::vector<TagGroup> tail_;
  bool leftTold_ = false;
};

}  // namespace kvs::intake
