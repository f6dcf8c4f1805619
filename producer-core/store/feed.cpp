// SPDX-License-Identifier: Apache-2.0
#include "store/feed.h"

namespace kvs::store {

FragmentLog* Feed::logOf(FragmentId id) const {
  for (FragmentLog* log : logs()) {
    if (log->find(id)) return log;
  }
  return nullptr;
}

FragmentRecord* Feed::find(FragmentId id) const {
  FragmentLog* log = logOf(id);
  return log ? log->find(id) : nullptr;
}

FragmentRecord* Feed::oldest() const {
  for (FragmentLog* log : logs()) {
    if (FragmentRecord* record = log->oldest()) return record;
  }
  return nullptr;
}

LogTotals Feed::totals() const {
  LogTotals all;
  for (const FragmentLog* log : logs()) {
    const LogTotals& its = log->totals();
    all.bytes += its.bytes;
    all.duration += its.duration;
    all.fragments += its.fragments;
  }
  return all;
}

}  // namespace kvs::store
