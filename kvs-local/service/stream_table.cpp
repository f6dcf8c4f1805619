// SPDX-License-Identifier: Apache-2.0
#include "service/stream_table.h"

#include <algorithm>

namespace kvslocal {

bool isActive(const StreamRecord& record, std::chrono::milliseconds creating, WallTime now) {
  return now >= record.created + creating;
}

StreamTable::StreamTable(std::vector<StreamRecord> records, std::int64_t nextId) : nextId_(nextId) {
  for (auto& record : records) {
    nextId_ = std::max(nextId_, record.id + 1);
    std::string name = record.name;
    byName_.emplace(std::move(name), std::move(record));
  }
}

StreamRecord* StreamTable::find(const std::string& name) {
  const auto found = byName_.find(name);
  return found == byName_.end() ? nullptr : &found->second;
}

StreamRecord* StreamTable::findByArn(const std::string& arn) {
  // arn:aws:kinesisvideo:REGION:ACCOUNT:stream/NAME/CREATION
  const std::size_t first = arn.find('/');
  const std::size_t second = first == std::string::npos ? first : arn.find('/', first + 1);
  if (second == std::string::npos) return nullptr;
  StreamRecord* record = find(arn.substr(first + 1, second - first - 1));
  return record != nullptr && record->arn == arn ? record : nullptr;
}

void StreamTable::put(StreamRecord record) {
  std::string name = record.name;
  byName_.insert_or_assign(std::move(name), std::move(record));
}

void StreamTable::erase(const std::string& name) {
  byName_.erase(name);
}

std::vector<const StreamRecord*> StreamTable::list(const std::string& prefix, const std::string& after,
                                                   std::size_t limit) const {
  std::vector<const StreamRecord*> found;
  for (auto it = byName_.upper_bound(after); it != byName_.end() && found.size() < limit; ++it) {
    if (it->first.starts_with(prefix)) found.push_back(&it->second);
  }
  return found;
}

}  // namespace kvslocal
