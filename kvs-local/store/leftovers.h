// SPDX-License-Identifier: Apache-2.0
// What is in a data folder's stream folders and should not be, or should be and is not. Only plain files
// that bear names of ours are removed, and folders that are empty.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "store/folder.h"

namespace kvslocal {

/// A stream's fragments by the names of their files, with their lengths.
using Indexed = std::map<std::string, std::uint64_t>;

/// Removes what is not indexed and says how many of the indexed ones are damaged.
Result<void> tidyFragments(const Folder& fragments, const std::string& stream, const Indexed& indexed);

/// Removes a deleted stream's files and, where nothing else is in it, its folder. False when a file of ours
/// is left.
bool removeStreamFiles(const Folder& streams, const std::string& name);

/// Folders that have the shape of ours, belong to no stream and hold nothing.
Result<void> removeEmptyFolders(const Folder& streams, const std::set<std::string>& known);

}  // namespace kvslocal
