// SPDX-License-Identifier: Apache-2.0
#include "store/leftovers.h"

#include "base/log.h"
#include "store/store_paths.h"

namespace kvslocal {
namespace {

bool removeMade(const Folder& folder, bool (*isMade)(const std::string&)) {
  const auto names = folder.names();
  if (!names) return false;
  bool gone = true;
  for (const auto& name : *names) {
    if (isMade(name) && folder.kindOf(name) == Folder::Kind::file) gone = folder.removeFile(name) && gone;
  }
  return gone;
}

/// True when the part is not there, too.
bool removePart(const Folder& stream, const char* part, bool (*isMade)(const std::string&)) {
  if (stream.kindOf(part) != Folder::Kind::folder) return true;
  const auto folder = stream.child(part);
  if (!folder || !removeMade(*folder, isMade)) return false;
  static_cast<void>(stream.removeEmptyChild(part));
  return true;
}

void warnOfDamage(const std::string& stream, std::size_t damaged, std::size_t all) {
  if (damaged == 0) return;
  log::warn(stream + ": the files of " + std::to_string(damaged) + " of its " + std::to_string(all) +
            " fragments are damaged or gone; ls " + stream + " shows which");
}

}  // namespace

Result<void> tidyFragments(const Folder& fragments, const std::string& stream, const Indexed& indexed) {
  const auto names = fragments.names();
  if (!names) return failure(names.error());
  std::size_t whole = 0;
  for (const auto& name : *names) {
    const auto row = indexed.find(name);
    if (row != indexed.end()) {
      whole += fragments.sizeOf(name) == row->second ? 1 : 0;
    } else if (isFragmentName(name)) {
      static_cast<void>(fragments.removeFile(name));
    }
  }
  warnOfDamage(stream, indexed.size() - whole, indexed.size());
  return {};
}

bool removeStreamFiles(const Folder& streams, const std::string& name) {
  if (streams.kindOf(name) != Folder::Kind::folder) return true;
  const auto stream = streams.child(name);
  if (!stream) return false;
  const bool fragments = removePart(*stream, fragmentsName, isFragmentName);
  const bool headers = removePart(*stream, headersName, isHeaderName);
  static_cast<void>(streams.removeEmptyChild(name));
  return fragments && headers;
}

Result<void> removeEmptyFolders(const Folder& streams, const std::set<std::string>& known) {
  const auto names = streams.names();
  if (!names) return failure(names.error());
  for (const auto& name : *names) {
    if (known.contains(name)) continue;
    const auto stream = isStreamFolderName(name) ? streams.child(name) : failure("");
    if (stream) {
      const bool fragments = stream->removeEmptyChild(fragmentsName);
      const bool headers = stream->removeEmptyChild(headersName);
      if ((fragments || headers) && streams.removeEmptyChild(name)) continue;
    }
    log::warn(streams.pathOf(name) + " belongs to no stream and is left as it is");
  }
  return {};
}

}  // namespace kvslocal
