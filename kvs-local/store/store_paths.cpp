// SPDX-License-Identifier: Apache-2.0
#include "store/store_paths.h"

#include <algorithm>
#include <string_view>

namespace kvslocal {
namespace {

constexpr std::size_t counterDigits = 20;
constexpr std::size_t hashDigits = 32;

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isHexDigit(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'f');
}

/// `length` characters of a kind, then `ending`, then perhaps ".part".
bool isMade(std::string_view name, std::size_t length, bool (*kind)(char), std::string_view ending) {
  if (name.ends_with(".part")) name.remove_suffix(5);
  if (name.size() != length + ending.size() || !name.ends_with(ending)) return false;
  return std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(length), kind);
}

}  // namespace

std::string indexPath(const std::string& dataDir) {
  return dataDir + '/' + indexName;
}

std::string streamFolder(const std::string& dataDir, std::int64_t streamId, const std::string& name) {
  return dataDir + '/' + streamsName + '/' + streamFolderName(streamId, name);
}

std::string fragmentPath(const std::string& folder, std::uint64_t counter) {
  return folder + '/' + fragmentsName + '/' + fragmentName(counter);
}

std::string headerPath(const std::string& folder, const std::string& hash) {
  return folder + '/' + headersName + '/' + headerName(hash);
}

std::string streamFolderName(std::int64_t streamId, const std::string& name) {
  // The id keeps names such as ".." and streams of one name apart; a file system's names end at 255 bytes.
  return std::to_string(streamId) + '-' + name.substr(0, 100);
}

std::string fragmentName(std::uint64_t counter) {
  const std::string digits = std::to_string(counter);
  return std::string(counterDigits - std::min(counterDigits, digits.size()), '0') + digits + ".frag";
}

std::string headerName(const std::string& hash) {
  return hash.substr(0, hashDigits) + ".mkv";
}

bool isFragmentName(const std::string& name) {
  return isMade(name, counterDigits, isDigit, ".frag");
}

bool isHeaderName(const std::string& name) {
  return isMade(name, hashDigits, isHexDigit, ".mkv");
}

bool isStreamFolderName(const std::string& name) {
  const auto dash = std::find_if_not(name.begin(), name.end(), isDigit);
  return dash != name.begin() && dash != name.end() && *dash == '-';
}

Result<Folder> openStreamPart(const Folder& root, const std::string& stream, const char* part) {
  const auto streams = root.child(streamsName);
  if (!streams) return failure(streams.error());
  const auto folder = streams->child(stream);
  if (!folder) return failure(folder.error());
  return folder->child(part);
}

}  // namespace kvslocal
