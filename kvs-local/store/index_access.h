// SPDX-License-Identifier: Apache-2.0
// The index opened for reading, whoever owns the folder and whether or not anything can be written there.
#pragma once

#include "store/folder.h"
#include "store/sqlite.h"

namespace kvslocal {

/// Nothing is left in the folder by it where no server runs. A sentence when there is no way to read it.
Result<Database> openIndexToRead(const Folder& root);

}  // namespace kvslocal
