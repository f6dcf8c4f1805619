// SPDX-License-Identifier: Apache-2.0
#include "stream/metadata.h"

#include <utility>

#include "mkv/tags.h"

namespace kvs::stream {

Result<void> PendingMetadata::put(Tag tag, bool persistent) {
  if (persistent && tag.value.empty()) {
    persistent_.erase(tag.name);
    return {};
  }
  if (auto valid = mkv::validateTag(tag); !valid) return valid;
  const bool replaces = persistent && persistent_.contains(tag.name);
  if (!replaces && persistent_.size() + once_.size() >= mkv::maxTagsPerFragment) {
    return fail(
        StatusCode::maxFragmentMetadataCount, ErrorKind::fatal,
        "Metadata \"" + tag.name + "\" was not taken: a fragment holds 10 items, and 10 are waiting.");
  }
  if (persistent) {
    persistent_.insert_or_assign(std::move(tag.name), std::move(tag.value));
  } else {
    once_.push_back(std::move(tag));
  }
  return {};
}

std::vector<TagGroup> PendingMetadata::take() {
  std::vector<TagGroup> groups;
  for (const auto& [name, value] : persistent_)
    groups.push_back({{name, value}});
  for (Tag& tag : once_)
    groups.push_back({std::move(tag)});
  once_.clear();
  return groups;
}

}  // namespace kvs::stream
