// SPDX-License-Identifier: Apache-2.0
#include "store/store_reader.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "store/data_format.h"
#include "store/index_access.h"
#include "store/row_codec.h"
#include "store/store_paths.h"

namespace kvslocal {
namespace {

std::int64_t nanosecondsOf(WallTime time) {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
}

FragmentRow readRow(const Statement& row) {
  FragmentRow fragment;
  FragmentSummary& summary = fragment.summary;
  summary.counter = static_cast<std::uint64_t>(row.integer(0));
  summary.timecode = std::chrono::nanoseconds(row.integer(1));
  summary.firstTime = std::chrono::nanoseconds(row.integer(2));
  summary.lastTime = std::chrono::nanoseconds(row.integer(3));
  summary.bytes = static_cast<std::uint64_t>(row.integer(4));
  summary.frames = decodeFrames(row.text(5));
  summary.tags = decodeTags(row.text(6));
  fragment.received = WallTime(std::chrono::milliseconds(row.integer(7)));
  fragment.headerHash = row.text(8);
  fragment.headerKey = row.text(9);
  return fragment;
}

std::string nothingIn(const std::string& dataDir) {
  return "no kvs-local data in the folder " + dataDir + " (see --data-dir)";
}

}  // namespace

// An index may be damaged, or made by hand: what it says need not make sense.
std::chrono::nanoseconds FragmentRow::duration() const {
  std::int64_t span = 0;
  if (__builtin_sub_overflow(summary.lastTime.count(), summary.firstTime.count(), &span) || span < 0)
    return {};
  std::uint64_t most = 0;
  for (const auto& track : summary.frames)
    most = std::max(most, track.frames);
  constexpr std::int64_t longest = std::numeric_limits<std::int64_t>::max();
  const auto gaps =
      static_cast<std::int64_t>(std::clamp(most, std::uint64_t{1}, static_cast<std::uint64_t>(longest)) - 1);
  if (gaps > 0 && __builtin_add_overflow(span, span / gaps, &span)) span = longest;
  return std::chrono::nanoseconds(span);
}

Result<StoreReader> StoreReader::open(const std::string& dataDir) {
  std::error_code error;
  if (!std::filesystem::exists(dataDir, error) && !error) return failure(nothingIn(dataDir));
  auto root = Folder::open(dataDir);
  if (!root) return failure(root.error());
  if (auto plain = expectPlainPlaces(*root); !plain) return failure(plain.error());
  if (root->kindOf(indexName) == Folder::Kind::absent) return failure(nothingIn(dataDir));
  auto index = openIndexToRead(*root);
  if (!index) return failure(index.error());
  const auto format = formatOf(*index, dataDir);
  if (!format) return failure(format.error());
  if (*format == DataFormat::none) return failure(nothingIn(dataDir));
  return StoreReader(std::move(*root), std::move(*index));
}

Result<std::vector<StreamRecord>> StoreReader::streams() {
  return selectStreams(index_);
}

Result<StreamRecord> StoreReader::stream(const std::string& name) {
  auto all = streams();
  if (!all) return failure(all.error());
  const auto found =
      std::find_if(all->begin(), all->end(), [&](const auto& record) { return record.name == name; });
  if (found == all->end()) return failure("there is no stream '" + name + "' in " + root_.path());
  return *found;
}

Result<std::vector<FragmentRow>> StoreReader::fragments(const FragmentQuery& query) {
  const std::string latest =
      query.all ? ""
                : " AND f.counter=(SELECT MAX(g.counter) FROM fragments g WHERE g.stream_id=f.stream_id AND "
                  "g.timecode_ns=f.timecode_ns)";
  auto rows = index_.prepare(
      "SELECT "
      "f.counter,f.timecode_ns,f.first_ns,f.last_ns,f.bytes,f.frames,f.tags,f.received_ms,h.hash,h.key_hash "
      "FROM fragments f JOIN headers h ON h.id=f.header_id "
      "WHERE f.stream_id=? AND f.timecode_ns>=? AND f.timecode_ns<?" +
      latest + " ORDER BY f.timecode_ns,f.counter");
  if (!rows) return failure(rows.error());
  constexpr auto least = std::numeric_limits<std::int64_t>::min();
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  rows->bind(query.streamId).bind(query.from ? nanosecondsOf(*query.from) : least);
  rows->bind(query.to ? nanosecondsOf(*query.to) : most);
  std::vector<FragmentRow> fragments;
  auto more = rows->step();
  for (; more && *more; more = rows->step())
    fragments.push_back(readRow(*rows));
  if (!more) return failure(more.error());
  return fragments;
}

}  // namespace kvslocal
