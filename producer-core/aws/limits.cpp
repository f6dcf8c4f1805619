// SPDX-License-Identifier: Apache-2.0
#include "aws/limits.h"

#include <algorithm>
#include <optional>

namespace kvs::aws {
namespace {

/// Bytes of the UTF-8 sequence that begins with `lead`; 0 when none does. (RFC 3629: no overlong two-byte
/// form, nothing above U+10FFFF.)
std::size_t sequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

/// The second byte's range is narrower after some first bytes: no overlong form, no surrogate.
bool isSecondByte(unsigned char lead, unsigned char second) {
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= low && second <= high;
}

/// Characters in `text`; nothing when it is not UTF-8.
std::optional<std::size_t> utf8Length(std::string_view text) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++characters) {
    const auto byteAt = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const std::size_t length = sequenceLength(byteAt(0));
    if (length == 0 || at + length > text.size()) return std::nullopt;
    if (length > 1 && !isSecondByte(byteAt(0), byteAt(1))) return std::nullopt;
    for (std::size_t i = 2; i < length; ++i) {
      if ((byteAt(i) & 0xC0) != 0x80) return std::nullopt;
    }
    at += length;
  }
  return characters;
}

tl::unexpected<Error> refuse(StatusCode code, std::string message) {
  return fail(code, ErrorKind::fatal, std::move(message));
}

bool isNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-';
}

bool hasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

Result<void> validateTag(const std::string& name, const std::string& value) {
  const std::optional<std::size_t> nameLength = utf8Length(name);
  const std::optional<std::size_t> valueLength = utf8Length(value);
  if (!nameLength || !valueLength) {
    return refuse(StatusCode::invalidArg, "A stream tag is not UTF-8 text.");
  }
  if (*nameLength == 0 || *nameLength > maxTagNameLength) {
    return refuse(StatusCode::invalidTagNameLength, "The name of a stream tag has " +
                                                        std::to_string(*nameLength) +
                                                        " characters; it must have 1 to 128.");
  }
  if (*valueLength > maxTagValueLength) {
    return refuse(StatusCode::invalidTagValueLength, "The value of the stream tag '" + name + "' has " +
                                                         std::to_string(*valueLength) +
                                                         " characters; the service accepts up to 256.");
  }
  if (hasControl(name) || hasControl(value)) {
    return refuse(StatusCode::invalidArg, "A stream tag contains a control character. Remove it.");
  }
  if (name.starts_with("aws:")) {
    return refuse(
        StatusCode::invalidArg,
        "The stream tag '" + name + "' begins with 'aws:', which is reserved for AWS. Choose another name.");
  }
  return {};
}

}  // namespace

Result<void> validateStreamName(std::string_view name) {
  if (name.empty()) {
    return refuse(StatusCode::invalidStreamNameLength,
                  "The stream name is empty. Set stream-name to 1 to 256 of "
                  "the characters a-z A-Z 0-9 _ . -");
  }
  if (name.size() > maxStreamNameLength) {
    return refuse(StatusCode::invalidStreamNameLength, "The stream name has " + std::to_string(name.size()) +
                                                           " characters; the service accepts up to 256.");
  }
  if (!std::all_of(name.begin(), name.end(), isNameCharacter)) {
    return refuse(
        StatusCode::invalidArg,
        "The stream name has a character that the service does not accept. Use only a-z A-Z 0-9 _ . -");
  }
  return {};
}

Result<void> validateTags(const Tags& tags) {
  if (tags.size() > maxTagCount) {
    return refuse(StatusCode::maxTagCount,
                  "There are " + std::to_string(tags.size()) + " stream tags; a stream may have up to 50.");
  }
  for (const auto& [name, value] : tags) {
    if (Result<void> valid = validateTag(name, value); !valid) return valid;
  }
  return {};
}

}  // namespace kvs::aws
