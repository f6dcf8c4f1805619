// SPDX-License-Identifier: Apache-2.0
// Which fragments of a stream the index knows: by number or by time, page by page. An index of the database
// serves each order, so a page costs what it holds, however much the stream does.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "store/fragment.h"
#include "store/sqlite.h"

namespace kvslocal {

/// A fragment as it stands in the index.
struct FragmentRow {
  FragmentSummary summary;
  std::string headerHash;  ///< of the session's header file
  std::string headerKey;   ///< equal for fragments that may stand in one file
  WallTime received;       ///< when its first bytes came
  /// Time from its first frame to the end of its last one, whose length is guessed from the others'.
  [[nodiscard]] std::chrono::nanoseconds duration() const;
};

/// What fragments are looked for by, and come in the order of.
enum class FragmentKey : std::uint8_t {
  number,
  producerTime,  ///< the Cluster's
  serverTime,    ///< when it came
};

/// Where a page ends.
struct FragmentPlace {
  std::int64_t key = 0;  ///< a number, or nanoseconds or milliseconds as the index holds them
  std::uint64_t number = 0;
};

struct FragmentSearch {
  std::int64_t streamId = 0;
  FragmentKey by = FragmentKey::number;
  /// The range, both ends included, in the key's own unit; see the functions below.
  std::int64_t first = std::numeric_limits<std::int64_t>::min();
  std::int64_t last = std::numeric_limits<std::int64_t>::max();
  std::optional<FragmentPlace> after;  ///< the page before
  std::size_t most = 100;              ///< rows a page
  bool latestOnly = false;             ///< no copy that a later one of the same timecode has replaced
};

FragmentSearch searchNumbers(std::int64_t streamId, std::uint64_t first, std::uint64_t last);
FragmentSearch searchProducerTimes(std::int64_t streamId, WallTime first, WallTime last);
FragmentSearch searchServerTimes(std::int64_t streamId, WallTime first, WallTime last);

struct FragmentPage {
  std::vector<FragmentRow> rows;
  std::optional<FragmentPlace> next;  ///< where the next page begins; nothing at the end
};

Result<FragmentPage> findFragments(Database& index, const FragmentSearch& search);

/// The statement of a search, and the indexes that serve it.
std::string searchStatement(const FragmentSearch& search);
extern const char* const searchIndexes;

}  // namespace kvslocal
