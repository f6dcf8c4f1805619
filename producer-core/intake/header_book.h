// SPDX-License-Identifier: Apache-2.0
// The headers of a stream's sessions: one for each set of tracks and their codec data that fragments
// were made for. A fragment names its header by number; equal headers are one.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "mkv/header.h"

namespace kvs::intake {

class HeaderBook {
 public:
  /// `spec`: all but the tracks. `headers` is where they stand for the sessions.
  HeaderBook(mkv::HeaderSpec spec, std::vector<Bytes>& headers) : spec_(std::move(spec)), headers_(headers) {}

  /// The number of the header with these tracks. Errors: those of mkv::header().
  Result<std::uint32_t> find(std::vector<mkv::TrackEntry> tracks);
  /// What the header of this number says.
  const std::vector<mkv::TrackEntry>& tracks(std::uint32_t number) const { return sets_[number]; }

 private:
  mkv::HeaderSpec spec_;
  std::vector<std::vector<mkv::TrackEntry>> sets_;  ///< of the headers, one by one
  std::vector<Bytes>& headers_;
};

}  // namespace kvs::intake
