// SPDX-License-Identifier: Apache-2.0
// Fragment metadata on the wire: Tags between Clusters, and the mark that closes a fragment at once.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/tag.h"

namespace kvs::mkv {

using kvs::Tag;
using kvs::TagGroup;

/// The service's limits ("Streaming metadata service quotas").
inline constexpr std::size_t maxTagNameLength = 128;
inline constexpr std::size_t maxTagValueLength = 256;
inline constexpr std::size_t maxTagsPerFragment = 10;

inline constexpr std::string_view endOfFragmentTagName = "AWS_KINESISVIDEO_END_OF_FRAGMENT";
inline constexpr std::string_view notificationTagName = "AWS_KINESISVIDEO_NOTIFICATION";
inline constexpr std::string_view imageGenerationTagName = "AWS_KINESISVIDEO_IMAGE_GENERATION";
inline constexpr std::string_view imagePrefixTagName = "AWS_KINESISVIDEO_IMAGE_PREFIX";

/// One Tags element; each group becomes one Tag with its SimpleTags. Empty groups are left out, and
/// without any group there is no element and no byte.
Bytes tags(std::span<const TagGroup> groups);

/// The same, closed by a Tag with AWS_KINESISVIDEO_END_OF_FRAGMENT and an empty string.
Bytes endOfFragmentTags(std::span<const TagGroup> groups);

/// Whether the service will take this name and value as metadata of the application.
/// Errors: invalidMetadataKeyLength (not of 1 to 128 bytes), invalidMetadataValueLength (not of 1 to
/// 256; the two event marks may be empty), invalidMetadataName (begins with "AWS" and is none of the
/// event tags), invalidImagePrefixLength.
Result<void> validateTag(const Tag& tag);

}  // namespace kvs::mkv
