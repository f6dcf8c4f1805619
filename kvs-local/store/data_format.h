// SPDX-License-Identifier: Apache-2.0
// What makes a folder one of ours: the index bears our mark (SQLite's application_id) and the version of its
// tables (user_version). The first kvs-local wrote neither: its index is known by its tables.
#pragma once

#include "store/folder.h"
#include "store/sqlite.h"

namespace kvslocal {

enum class DataFormat {
  none,      ///< nothing is there yet
  unmarked,  ///< of the first kvs-local
  current,
};

/// What an index is. A sentence when it is another program's, or of a newer kvs-local.
Result<DataFormat> formatOf(Database& index, const std::string& dataDir);

/// What stands in a folder, from which nothing is taken and to which nothing is added. A sentence when it
/// holds things of others where ours would be.
Result<DataFormat> lookAt(const Folder& root);

/// Whether plain files and folders stand where ours would be, or nothing.
Result<void> expectPlainPlaces(const Folder& root);

/// Whether changes of the index wait beside it, in SQLite's own files.
bool hasUnmergedChanges(const Folder& root);

/// Makes the tables and the mark, or adds to those of the first kvs-local what they lack: all in one
/// transaction.
Result<void> makeCurrent(Database& index, DataFormat found);

/// The statements of that transaction.
std::string changesFrom(DataFormat found);

}  // namespace kvslocal
