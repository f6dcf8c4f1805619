// SPDX-License-Identifier: Apache-2.0
#include "store/fragment_search.h"

#include <algorithm>
#include <utility>

#include "store/row_codec.h"

namespace kvslocal {
namespace {

constexpr std::int64_t greatest = std::numeric_limits<std::int64_t>::max();

std::int64_t nanosecondsOf(WallTime time) {
  const std::int64_t ms = time.time_since_epoch().count();
  std::int64_t ns = 0;
  if (__builtin_mul_overflow(ms, std::int64_t{1'000'000}, &ns)) return ms < 0 ? -greatest : greatest;
  return ns;
}

const char* columnOf(FragmentKey key) {
  switch (key) {
    case FragmentKey::number:
      return "f.counter";
    case FragmentKey::producerTime:
      return "f.timecode_ns";
    case FragmentKey::serverTime:
      return "f.received_ms";
  }
  return "";
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
  summary.headTags = decodeHeadTags(row.text(6));
  fragment.received = WallTime(std::chrono::milliseconds(row.integer(7)));
  fragment.headerHash = row.text(8);
  fragment.headerKey = row.text(9);
  return fragment;
}

FragmentPlace placeOf(const FragmentRow& row, FragmentKey by) {
  const FragmentSummary& summary = row.summary;
  const std::int64_t key = by == FragmentKey::number         ? static_cast<std::int64_t>(summary.counter)
                           : by == FragmentKey::producerTime ? summary.timecode.count()
                                                             : row.received.time_since_epoch().count();
  return {key, summary.counter};
}

}  // namespace

const char* const searchIndexes =
    "CREATE INDEX IF NOT EXISTS fragments_by_number ON fragments(stream_id, counter);"
    "CREATE INDEX IF NOT EXISTS fragments_by_arrival ON fragments(stream_id, received_ms, counter);";

// An index may be damaged, or made by hand: what it says need not make sense.
std::chrono::nanoseconds FragmentRow::duration() const {
  std::int64_t span = 0;
  if (__builtin_sub_overflow(summary.lastTime.count(), summary.firstTime.count(), &span) || span < 0)
    return {};
  std::uint64_t most = 0;
  for (const auto& track : summary.frames)
    most = std::max(most, track.frames);
  const auto gaps =
      static_cast<std::int64_t>(std::clamp(most, std::uint64_t{1}, static_cast<std::uint64_t>(greatest)) - 1);
  if (gaps > 0 && __builtin_add_overflow(span, span / gaps, &span)) span = greatest;
  return std::chrono::nanoseconds(span);
}

FragmentSearch searchNumbers(std::int64_t streamId, std::uint64_t first, std::uint64_t last) {
  const auto bounded = [](std::uint64_t number) {
    return static_cast<std::int64_t>(std::min(number, static_cast<std::uint64_t>(greatest)));
  };
  FragmentSearch search{streamId, FragmentKey::number, bounded(first), bounded(last), {}};
  if (first > static_cast<std::uint64_t>(greatest)) search.last = -1;  // there is none
  return search;
}

FragmentSearch searchProducerTimes(std::int64_t streamId, WallTime first, WallTime last) {
  return {streamId, FragmentKey::producerTime, nanosecondsOf(first), nanosecondsOf(last), {}};
}

FragmentSearch searchServerTimes(std::int64_t streamId, WallTime first, WallTime last) {
  return {streamId,
          FragmentKey::serverTime,
          first.time_since_epoch().count(),
          last.time_since_epoch().count(),
          {}};
}

std::string searchStatement(const FragmentSearch& search) {
  const std::string column = columnOf(search.by);
  const std::string latest =
      search.latestOnly
          ? " AND f.counter=(SELECT MAX(g.counter) FROM fragments g WHERE g.stream_id=f.stream_id AND "
            "g.timecode_ns=f.timecode_ns)"
          : "";
  const std::string after = search.after ? " AND (" + column + ",f.counter)>(?,?)" : "";
  return "SELECT "
         "f.counter,f.timecode_ns,f.first_ns,f.last_ns,f.bytes,f.frames,f.tags,f.received_ms,h.hash,h.key_"
         "hash "
         "FROM fragments f CROSS JOIN headers h ON h.id=f.header_id "
         "WHERE f.stream_id=? AND " +
         column + ">=? AND " + column + "<=?" + after + latest + " ORDER BY " + column + ",f.counter LIMIT ?";
}

Result<FragmentPage> findFragments(Database& index, const FragmentSearch& search) {
  auto rows = index.prepare(searchStatement(search));
  if (!rows) return failure(rows.error());
  rows->bind(search.streamId).bind(search.first).bind(search.last);
  if (search.after) rows->bind(search.after->key).bind(static_cast<std::int64_t>(search.after->number));
  const std::size_t most = std::min<std::size_t>(search.most, greatest - 1);
  rows->bind(static_cast<std::int64_t>(most + 1));  // one more, to know whether there are more
  FragmentPage page;
  auto more = rows->step();
  for (; more && *more && page.rows.size() < most; more = rows->step())
    page.rows.push_back(readRow(*rows));
  if (!more) return failure(more.error());
  if (*more && !page.rows.empty()) page.next = placeOf(page.rows.back(), search.by);
  return page;
}

}  // namespace kvslocal
