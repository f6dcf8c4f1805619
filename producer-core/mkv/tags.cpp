// SPDX-License-Identifier: Apache-2.0
#include "mkv/tags.h"

#include "mkv/ebml.h"

namespace kvs::mkv {
namespace {

Bytes simpleTag(const Tag& tag) {
  Bytes children;
  EbmlWriter writer(children);
  writer.text(ElementId::tagName, tag.name);
  writer.text(ElementId::tagString, tag.value);
  return children;
}

void appendGroup(Bytes& out, const TagGroup& group) {
  if (group.empty()) return;
  Bytes children;
  EbmlWriter writer(children);
  for (const Tag& tag : group)
    writer.master(ElementId::simpleTag, simpleTag(tag));
  EbmlWriter(out).master(ElementId::tag, children);
}

Bytes groupsOf(std::span<const TagGroup> groups) {
  Bytes children;
  for (const TagGroup& group : groups)
    appendGroup(children, group);
  return children;
}

Bytes tagsElement(const Bytes& children) {
  Bytes out;
  if (!children.empty()) EbmlWriter(out).master(ElementId::tags, children);
  return out;
}

bool isEventMark(std::string_view name) {
  return name == notificationTagName || name == imageGenerationTagName;
}

tl::unexpected<Error> bad(StatusCode code, std::string message) {
  return fail(code, ErrorKind::fatal, std::move(message));
}

Result<void> checkValue(const Tag& tag) {
  if (tag.value.size() <= maxTagValueLength && (!tag.value.empty() || isEventMark(tag.name))) return {};
  if (tag.name == imagePrefixTagName) {
    return bad(StatusCode::invalidImagePrefixLength, "The image prefix must have 1 to 256 bytes.");
  }
  return bad(StatusCode::invalidMetadataValueLength,
             "The value of metadata \"" + tag.name + "\" must have 1 to 256 bytes.");
}

}  // namespace

Bytes tags(std::span<const TagGroup> groups) {
  return tagsElement(groupsOf(groups));
}

Bytes endOfFragmentTags(std::span<const TagGroup> groups) {
  Bytes children = groupsOf(groups);
  appendGroup(children, {{std::string(endOfFragmentTagName), ""}});
  return tagsElement(children);
}

Result<void> validateTag(const Tag& tag) {
  if (tag.name.empty() || tag.name.size() > maxTagNameLength) {
    return bad(StatusCode::invalidMetadataKeyLength, "A metadata name must have 1 to 128 bytes.");
  }
  const bool known = isEventMark(tag.name) || tag.name == imagePrefixTagName;
  if (!known && tag.name.starts_with("AWS")) {
    return bad(StatusCode::invalidMetadataName,
               "Metadata names must not begin with \"AWS\", which is reserved for the service: \"" +
                   tag.name + "\".");
  }
  return checkValue(tag);
}

}  // namespace kvs::mkv
