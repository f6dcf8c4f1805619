// SPDX-License-Identifier: Apache-2.0
#include "intake/header_book.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace kvs::intake {

namespace {
/// Encoders that adapt go back and forth between a few formats.
constexpr std::size_t mostUnused = 16;
}  // namespace

Result<store::SharedHeader> HeaderBook::find(std::vector<mkv::TrackEntry> tracks) {
  const auto known = std::ranges::find(entries_, tracks, &Entry::tracks);
  if (known != entries_.end()) return known->header;
  spec_.tracks = tracks;
  auto rendered = mkv::header(spec_);
  if (!rendered) return fail(rendered.error());
  forgetUnused();
  entries_.push_back(
      {std::move(tracks), std::make_shared<const store::Header>(store::Header{std::move(*rendered)})});
  return entries_.back().header;
}

const std::vector<mkv::TrackEntry>& HeaderBook::tracks(const store::SharedHeader& header) const {
  const auto known = std::ranges::find(entries_, header, &Entry::header);
  assert(known != entries_.end());
  return known->tracks;
}

/// A source that changes its format for years does not fill the memory.
void HeaderBook::forgetUnused() {
  if (entries_.size() < mostUnused) return;
  std::erase_if(entries_, [](const Entry& entry) { return entry.header.use_count() == 1; });
}

}  // namespace kvs::intake
