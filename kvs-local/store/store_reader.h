// SPDX-License-Identifier: Apache-2.0
// The reading side of the store, for `ls` and `export`: a read-only connection that may be used while a
// server writes, and on a folder in which nothing may be written.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/folder.h"
#include "store/fragment_search.h"
#include "store/sqlite.h"
#include "store/stream_record.h"

namespace kvslocal {

struct FragmentQuery {
  std::int64_t streamId = 0;
  bool all = false;              ///< also copies that a later one of the same timecode has replaced
  std::optional<WallTime> from;  ///< timecode then or later
  std::optional<WallTime> to;    ///< timecode before
};

class StoreReader {
 public:
  static Result<StoreReader> open(const std::string& dataDir);

  Result<std::vector<StreamRecord>> streams();
  Result<StreamRecord> stream(const std::string& name);
  /// In the order of their timecodes, then of their numbers.
  Result<std::vector<FragmentRow>> fragments(const FragmentQuery& query);
  [[nodiscard]] const Folder& root() const { return root_; }

 private:
  StoreReader(Folder root, Database index) : root_(std::move(root)), index_(std::move(index)) {}
  Folder root_;
  Database index_;
};

}  // namespace kvslocal
