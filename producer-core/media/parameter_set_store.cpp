// SPDX-License-Identifier: Apache-2.0
#include "media/parameter_set_store.h"

#include <algorithm>

namespace kvs::media {

ParameterSetStore::Put ParameterSetStore::put(Kind kind, std::size_t id, std::size_t parent, ByteView nal) {
  const auto known = of(kind).find(id);
  const bool same = known != of(kind).end() && std::ranges::equal(known->second.nal, nal);
  if (!same) {
    const std::size_t size = totalSize_ - get(kind, id).size() + nal.size();
    if (size > maxTotalSize) return Put::tooLarge;
    totalSize_ = size;
    Set& set = of(kind)[id];
    set.nal.assign(nal.begin(), nal.end());
    set.parent = parent;
    set.inRecord = set.given = false;
  }
  Set& set = of(kind)[id];
  set.unit = unit_;
  set.fresh = true;
  return same ? Put::same : Put::changed;
}

ByteView ParameterSetStore::get(Kind kind, std::size_t id) const {
  const auto set = of(kind).find(id);
  return set == of(kind).end() ? ByteView() : ByteView(set->second.nal);
}

std::optional<std::size_t> ParameterSetStore::spsOf(std::size_t pps) const {
  const auto set = of(Kind::pps).find(pps);
  if (set == of(Kind::pps).end() || !of(Kind::sps).contains(set->second.parent)) return std::nullopt;
  return set->second.parent;
}

void ParameterSetStore::beginUnit() {
  ++unit_;
  ofStart_ = false;
}

/// A set stays that came since the last group began, or that is never repeated, or that pictures of the
/// last group used beside those of its first: what only the first used is the last group's own.
void ParameterSetStore::beginGroup() {
  for (auto& [id, set] : of(Kind::pps)) {
    set.kept = set.fresh || set.given || (set.usedByOthers && !set.usedByStart);
    set.fresh = set.usedByStart = set.usedByOthers = false;
  }
  active_.reset();
  ofStart_ = true;
}

void ParameterSetStore::use(std::size_t pps) {
  const auto sps = spsOf(pps);
  if (!sps) return;
  Set& set = of(Kind::pps).at(pps);
  if (!ofStart_) {
    set.usedByOthers = true;
    return;
  }
  set.usedByStart = set.kept = true;
  active_ = sps;
}

bool ParameterSetStore::wants(Kind kind, std::size_t id, const Set& set) const {
  if (!active_) return true;
  if (kind == Kind::pps) return set.kept && set.parent == *active_;
  if (kind == Kind::sps) return id == *active_;
  const std::size_t vps = of(Kind::sps).at(*active_).parent;
  return id == vps || get(Kind::vps, vps).empty();
}

template <class Visit>
void ParameterSetStore::visitWanted(Visit visit) const {
  for (const Kind kind : {Kind::vps, Kind::sps, Kind::pps}) {
    for (const auto& [id, set] : of(kind)) {
      if (wants(kind, id, set)) visit(kind, set);
    }
  }
}

std::vector<ByteView> ParameterSetStore::wanted(Kind kind) const {
  std::vector<ByteView> out;
  visitWanted([&](Kind of, const Set& set) {
    if (of == kind) out.emplace_back(set.nal);
  });
  return out;
}

bool ParameterSetStore::recordDue() const {
  bool due = false;
  visitWanted([&due](Kind, const Set& set) { due |= !set.inRecord; });
  return due;
}

void ParameterSetStore::recordMade() {
  for (const Kind kind : {Kind::vps, Kind::sps, Kind::pps}) {
    for (auto& [id, set] : of(kind))
      set.inRecord = wants(kind, id, set);
  }
}

void ParameterSetStore::takenFromRecord() {
  for (auto& sets : sets_) {
    for (auto& [id, set] : sets) {
      set.inRecord = set.given = true;
      set.fresh = false;
      set.unit = 0;
    }
  }
}

std::vector<Bytes> ParameterSetStore::notInUnit() const {
  std::vector<Bytes> out;
  visitWanted([&](Kind, const Set& set) {
    if (set.unit != unit_) out.push_back(set.nal);
  });
  return out;
}

}  // namespace kvs::media
