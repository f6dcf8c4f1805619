// SPDX-License-Identifier: Apache-2.0
#include "intake/metadata.h"

#include <algorithm>
#include <utility>

#include "mkv/tags.h"

namespace kvs::intake {

namespace {

std::size_t countTags(const std::vector<TagGroup>& groups) {
  std::size_t count = 0;
  for (const TagGroup& group : groups)
    count += group.size();
  return count;
}

/// Whether an event of this type is among them; the mark stands first in its group.
bool hasMark(const std::vector<TagGroup>& groups, const TagGroup& event) {
  return std::ranges::any_of(groups, [&](const TagGroup& group) {
    return !group.empty() && group.front().name == event.front().name;
  });
}

/// The event as it stands in one Tag: mark, prefix, pairs (guide, "Syntax for producer MKV tags").
Result<TagGroup> groupOf(const FragmentEvent& event) {
  const bool image = event.type == FragmentEvent::Type::imageGeneration;
  TagGroup group{{std::string(image ? mkv::imageGenerationTagName : mkv::notificationTagName), ""}};
  if (!event.imagePrefix.empty()) {
    if (!image) {
      return fail(StatusCode::invalidImagePrefixLength, ErrorKind::fatal,
                  "The event was not accepted: only an image-generation event has an image prefix.");
    }
    group.push_back({std::string(mkv::imagePrefixTagName), event.imagePrefix});
  }
  group.insert(group.end(), event.pairs.begin(), event.pairs.end());
  for (const Tag& tag : group) {
    if (auto valid = mkv::validateTag(tag); !valid) return fail(valid.error());
  }
  return group;
}

}  // namespace

Result<void> PendingMetadata::put(Tag tag, bool persistent) {
  if (persistent && tag.value.empty()) {
    persistent_.erase(tag.name);
    changed_.erase(tag.name);
    return {};
  }
  if (auto valid = mkv::validateTag(tag); !valid) return valid;
  const bool replaces = persistent && persistent_.contains(tag.name);
  if (!replaces && waiting() >= mkv::maxTagsPerFragment) {
    return fail(
        StatusCode::maxFragmentMetadataCount, ErrorKind::fatal,
        "Metadata \"" + tag.name + "\" was not accepted: a fragment can have 10 items, and 10 are waiting.");
  }
  leftTold_ = false;
  if (persistent) {
    const auto former = persistent_.find(tag.name);
    if (former == persistent_.end() || former->second != tag.value) changed_.insert(tag.name);
    persistent_.insert_or_assign(std::move(tag.name), std::move(tag.value));
  } else {
    once_.push_back(std::move(tag));
  }
  return {};
}

const std::vector<TagGroup>& PendingMetadata::take() {
  head_.clear();
  tail_.clear();
  changed_.clear();
  for (const auto& [name, value] : persistent_)
    head_.push_back({{name, value}});
  for (Tag& tag : std::exchange(once_, {}))
    head_.push_back({std::move(tag)});
  for (TagGroup& event : std::exchange(events_, {}))
    head_.push_back(std::move(event));
  return head_;
}

bool PendingMetadata::hasRoom(const TagGroup& group) const {
  return countTags(head_) + countTags(tail_) + group.size() <= mkv::maxTagsPerFragment;
}

std::vector<std::string> PendingMetadata::leave(bool takesTail) {
  const auto add = [&](const TagGroup& group) {
    if (!takesTail || !hasRoom(group)) return false;
    tail_.push_back(group);
    return true;
  };
  std::erase_if(changed_, [&](const std::string& name) { return add({{name, persistent_.at(name)}}); });
  std::erase_if(once_, [&](const Tag& tag) { return add({tag}); });
  std::erase_if(events_, [&](const TagGroup& event) {
    return !hasMark(head_, event) && !hasMark(tail_, event) && add(event);
  });
  return std::exchange(leftTold_, true) ? std::vector<std::string>{} : left();
}

std::vector<std::string> PendingMetadata::left() const {
  std::vector<std::string> names(changed_.begin(), changed_.end());
  for (const Tag& tag : once_)
    names.push_back(tag.name);
  for (const TagGroup& event : events_)
    names.push_back(event.front().name);
  return names;
}

std::size_t PendingMetadata::waiting() const {
  return persistent_.size() + once_.size() + countTags(events_);
}

Result<void> PendingMetadata::putEvent(const FragmentEvent& event, bool isOpen) {
  const auto group = groupOf(event);
  if (!group) return fail(group.error());
  const bool intoTail = isOpen && !hasMark(tail_, *group) && !hasMark(head_, *group);
  if (!intoTail && hasMark(events_, *group)) {
    return fail(StatusCode::duplicateStreamEventType, ErrorKind::fatal,
                "The event was not accepted: a fragment can have one of each type, and the next one already "
                "has its own. Wait for the next fragment.");
  }
  const std::size_t there = intoTail ? countTags(head_) + countTags(tail_) : waiting();
  if (there + group->size() > mkv::maxTagsPerFragment) {
    return fail(
        StatusCode::maxFragmentMetadataCount, ErrorKind::fatal,
        "The event was not accepted: mark, prefix and pairs count toward the 10 items of metadata that a "
        "fragment can have; this one has " +
            std::to_string(there) + " and the event " + std::to_string(group->size()) + ".");
  }
  leftTold_ = false;
  (intoTail ? tail_ : events_).push_back(*group);
  return {};
}

}  // namespace kvs::intake
