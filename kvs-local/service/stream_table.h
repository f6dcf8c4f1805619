// SPDX-License-Identifier: Apache-2.0
// The streams that exist, in memory. The store keeps the same on disk; the server loads it at start, and
// each change is on disk before it is here. Used on the loop's thread only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "store/stream_record.h"

namespace kvslocal {

/// ACTIVE, or CREATING for as long as a new stream says so.
bool isActive(const StreamRecord& record, std::chrono::milliseconds creating, WallTime now);

class StreamTable {
 public:
  StreamTable() = default;
  /// `nextId` is greater than every id that was ever on disk.
  explicit StreamTable(std::vector<StreamRecord> records, std::int64_t nextId = 1);

  [[nodiscard]] StreamRecord* find(const std::string& name);
  [[nodiscard]] StreamRecord* findByArn(const std::string& arn);
  /// An id for a stream that is about to be made.
  std::int64_t newId() { return nextId_++; }
  /// Adds the stream, or puts what has changed in its place.
  void put(StreamRecord record);
  void erase(const std::string& name);
  /// Up to `limit` streams in the order of their names, after `after`, whose names begin with `prefix`.
  [[nodiscard]] std::vector<const StreamRecord*> list(const std::string& prefix, const std::string& after,
                                                      std::size_t limit) const;

 private:
  std::map<std::string, StreamRecord> byName_;
  std::int64_t nextId_ = 1;
};

}  // namespace kvslocal
