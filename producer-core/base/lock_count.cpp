// SPDX-License-Identifier: Apache-2.0
#include "base/lock_count.h"

#include <algorithm>

namespace kvs {

namespace {

constinit thread_local LockCount threadCount;

}  // namespace

LockCount LockCount::ofThisThread() {
  return threadCount;
}

void LockCount::add(const char* name) {
  auto& entries = threadCount.entries_;
  const auto isPlace = [name](const Entry& entry) { return entry.name == nullptr || entry.name == name; };
  auto place = std::find_if(entries.begin(), entries.end() - 1, isPlace);
  place->name = name;
  ++place->takings;
}

// A thread's entries never change their places, so those of an earlier reading stand where they stand now.
LockCount LockCount::since(const LockCount& earlier) const {
  LockCount difference = *this;
  for (std::size_t i = 0; i < entries_.size(); ++i)
    difference.entries_[i].takings -= earlier.entries_[i].takings;
  return difference;
}

std::uint64_t LockCount::all() const {
  std::uint64_t sum = 0;
  for (const Entry& entry : entries_)
    sum += entry.takings;
  return sum;
}

std::uint64_t LockCount::of(std::string_view name) const {
  std::uint64_t sum = 0;
  for (const Entry& entry : entries_)
    if (entry.name && entry.name == name) sum += entry.takings;
  return sum;
}

std::string LockCount::text() const {
  std::string text;
  for (const Entry& entry : entries_) {
    if (entry.takings == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::string(entry.name) + ' ' + std::to_string(entry.takings);
  }
  return text;
}

}  // namespace kvs
