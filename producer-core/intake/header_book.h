// SPDX-License-Identifier: Apache-2.0
// The headers that fragments were made for: one for each set of tracks and their codec data. Fragments keep
// theirs; the book knows which sets of tracks have one, so that equal sets share it.
#pragma once

#include <vector>

#include "base/error.h"
#include "mkv/header.h"
#include "store/header.h"

namespace kvs::intake {

class HeaderBook {
 public:
  /// `spec`: all but the tracks.
  explicit HeaderBook(mkv::HeaderSpec spec) : spec_(std::move(spec)) {}

  /// The header with these tracks. Errors: those of mkv::header().
  Result<store::SharedHeader> find(std::vector<mkv::TrackEntry> tracks);
  /// What this header, which the book has made and somebody holds, says.
  const std::vector<mkv::TrackEntry>& tracks(const store::SharedHeader& header) const;

 private:
  struct Entry {
    std::vector<mkv::TrackEntry> tracks;
    store::SharedHeader header;
  };
  void forgetUnused();

  mkv::HeaderSpec spec_;
  std::vector<Entry> entries_;
};

}  // namespace kvs::intake
