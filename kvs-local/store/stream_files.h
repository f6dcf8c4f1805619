// SPDX-License-Identifier: Apache-2.0
// One stream's files as they are found, for `ls` and `export`: whoever looks at a fragment hears whether its
// file and its session's header can be relied on.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "matroska/matroska_model.h"
#include "store/folder.h"
#include "store/store_reader.h"

namespace kvslocal {

class StreamFiles {
 public:
  /// `rows` are all that will be asked for: sessions that say the same share what header files are left.
  StreamFiles(const Folder& root, const StreamRecord& stream, const std::vector<FragmentRow>& rows);

  /// What can be seen without reading the file: it is gone, or of another length, or its header is gone.
  /// Empty: nothing is wrong.
  [[nodiscard]] std::string damageOf(const FragmentRow& row);
  /// A fragment's blocks; fails when they are not what was stored.
  [[nodiscard]] Result<Bytes> blocks(const FragmentRow& row) const;
  /// The file with a fragment's blocks.
  [[nodiscard]] Result<FileDescriptor> openBlocks(std::uint64_t number) const;
  /// The row's own header, or where its file is damaged one that says the same.
  [[nodiscard]] Result<StreamHeader> header(const FragmentRow& row);

 private:
  const Result<StreamHeader>& headerOf(const std::string& hash);

  Result<Folder> fragments_;
  Result<Folder> headers_;
  std::map<std::string, std::set<std::string>> hashesByKey_;
  std::map<std::string, Result<StreamHeader>> read_;  ///< by hash
};

}  // namespace kvslocal
