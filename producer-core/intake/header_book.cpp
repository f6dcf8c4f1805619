// SPDX-License-Identifier: Apache-2.0
#include "intake/header_book.h"

#include <algorithm>
#include <utility>

namespace kvs::intake {

Result<std::uint32_t> HeaderBook::find(std::vector<mkv::TrackEntry> tracks) {
  const auto known = std::ranges::find(sets_, tracks);
  if (known != sets_.end()) return static_cast<std::uint32_t>(known - sets_.begin());
  spec_.tracks = tracks;
  auto rendered = mkv::header(spec_);
  if (!rendered) return fail(rendered.error());
  sets_.push_back(std::move(tracks));
  headers_.push_back(std::move(*rendered));
  return static_cast<std::uint32_t>(headers_.size() - 1);
}

}  // namespace kvs::intake
