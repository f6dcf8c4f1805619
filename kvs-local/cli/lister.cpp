// SPDX-License-Identifier: Apache-2.0
#include "cli/lister.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "cli/time_text.h"
#include "store/fragment.h"
#include "store/store_reader.h"
#include "store/stream_files.h"

namespace kvslocal {
namespace {

using Json = nlohmann::ordered_json;
using Table = std::vector<std::vector<std::string>>;

std::int64_t ms(std::chrono::nanoseconds time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).count();
}

/// A stream's fragments and what is wrong with each; empty where nothing is.
struct Listed {
  std::vector<FragmentRow> rows;
  std::vector<std::string> damage;

  [[nodiscard]] std::uint64_t wholeBytes() const {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < rows.size(); ++i)
      bytes += damage[i].empty() ? rows[i].summary.bytes : 0;
    return bytes;
  }
  [[nodiscard]] std::size_t damaged() const {
    return static_cast<std::size_t>(
        std::count_if(damage.begin(), damage.end(), [](const std::string& one) { return !one.empty(); }));
  }
};

Result<Listed> look(StoreReader& reader, const StreamRecord& stream, bool all) {
  auto rows = reader.fragments({stream.id, all, {}, {}});
  if (!rows) return failure(rows.error());
  Listed listed{std::move(*rows), {}};
  StreamFiles files(reader.root(), stream, listed.rows);
  for (const auto& row : listed.rows)
    listed.damage.push_back(files.damageOf(row));
  return listed;
}

std::string render(const Table& table) {
  std::vector<std::size_t> widths;
  for (const auto& row : table) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], widthOf(printable(row[i])));
  }
  std::string text;
  for (const auto& row : table) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = printable(row[i]);
      text += cell;
      if (i + 1 < row.size()) text += std::string(widths[i] - widthOf(cell) + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

// What is no ASCII is escaped: the text may end in a terminal, and may hold any bytes.
std::string textOf(const Json& json) {
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + '\n';
}

Json streamJson(const StreamRecord& record, const Listed& listed) {
  const auto& rows = listed.rows;
  Json json{{"name", record.name},
            {"arn", record.arn},
            {"created", formatTime(record.created)},
            {"media_type", record.mediaType},
            {"retention_hours", record.retentionHours},
            {"tags", record.tags},
            {"fragments", rows.size()},
            {"damaged", listed.damaged()},
            {"bytes", listed.wholeBytes()}};
  if (!rows.empty()) {
    json["first_timecode_ms"] = ms(rows.front().summary.timecode);
    json["last_timecode_ms"] = ms(rows.back().summary.timecode);
  }
  return json;
}

Json fragmentJson(const FragmentRow& row, const std::string& damage) {
  const FragmentSummary& summary = row.summary;
  Json tracks = Json::object();
  std::uint64_t frames = 0;
  for (const auto& track : summary.frames) {
    tracks[std::to_string(track.track)] = track.frames;
    frames += track.frames;
  }
  Json tags = Json::array();
  for (const auto& tag : summary.tags)
    tags.push_back({{"name", tag.name}, {"value", tag.value}});
  const WallTime begins(std::chrono::milliseconds(ms(summary.timecode)));
  Json json{{"number", fragmentNumberText(summary.counter)},
            {"timecode_ms", ms(summary.timecode)},
            {"time", formatTime(begins)},
            {"first_ms", ms(summary.firstTime)},
            {"last_ms", ms(summary.lastTime)},
            {"duration_ms", ms(row.duration())},
            {"bytes", summary.bytes},
            {"frames", frames},
            {"tracks", tracks},
            {"tags", tags},
            {"header", row.headerHash.substr(0, 16)},
            {"received", formatTime(row.received)},
            {"state", damage.empty() ? "stored" : "damaged"}};
  if (!damage.empty()) json["damage"] = damage;
  return json;
}

std::string tagText(const FragmentRow& row) {
  std::string text;
  for (const auto& tag : row.summary.tags)
    text += (text.empty() ? "" : " ") + tag.name + '=' + tag.value;
  return text;
}

std::string trackText(const FragmentRow& row) {
  std::string text;
  for (const auto& track : row.summary.frames) {
    text += (text.empty() ? "" : " ") + std::to_string(track.track) + ':' + std::to_string(track.frames);
  }
  return text;
}

std::string fragmentTable(const Listed& listed) {
  Table table{
      {"NUMBER", "TIMECODE_MS", "TIME", "DURATION_MS", "BYTES", "FRAMES", "TRACK:FRAMES", "STATE", "TAGS"}};
  for (std::size_t i = 0; i < listed.rows.size(); ++i) {
    const FragmentRow& row = listed.rows[i];
    const std::string& damage = listed.damage[i];
    const FragmentSummary& summary = row.summary;
    std::uint64_t frames = 0;
    for (const auto& track : summary.frames)
      frames += track.frames;
    table.push_back({fragmentNumberText(summary.counter), std::to_string(ms(summary.timecode)),
                     formatTime(WallTime(std::chrono::milliseconds(ms(summary.timecode)))),
                     std::to_string(ms(row.duration())), std::to_string(summary.bytes),
                     std::to_string(frames), trackText(row), damage.empty() ? "stored" : "damaged: " + damage,
                     tagText(row)});
  }
  return render(table);
}

Result<std::string> listFragments(StoreReader& reader, const ListOptions& options) {
  const auto stream = reader.stream(options.stream);
  if (!stream) return failure(stream.error());
  const auto listed = look(reader, *stream, options.all);
  if (!listed) return failure(listed.error());
  if (!options.json) return fragmentTable(*listed);
  Json list = Json::array();
  for (std::size_t i = 0; i < listed->rows.size(); ++i)
    list.push_back(fragmentJson(listed->rows[i], listed->damage[i]));
  return textOf(Json{{"stream", stream->name}, {"fragments", list}});
}

Result<std::string> listStreams(StoreReader& reader, const ListOptions& options) {
  const auto streams = reader.streams();
  if (!streams) return failure(streams.error());
  Json list = Json::array();
  Table table{{"STREAM", "CREATED", "RETENTION_H", "FRAGMENTS", "DAMAGED", "BYTES", "FIRST", "LAST"}};
  for (const auto& stream : *streams) {
    const auto listed = look(reader, stream, options.all);
    if (!listed) return failure(listed.error());
    const auto* rows = &listed->rows;
    const Json json = streamJson(stream, *listed);
    list.push_back(json);
    const auto time = [&](const FragmentRow& row) {
      return formatTime(WallTime(std::chrono::milliseconds(ms(row.summary.timecode))));
    };
    table.push_back({stream.name, formatTime(stream.created), std::to_string(stream.retentionHours),
                     std::to_string(rows->size()), std::to_string(listed->damaged()), json["bytes"].dump(),
                     rows->empty() ? "-" : time(rows->front()), rows->empty() ? "-" : time(rows->back())});
  }
  if (!options.json) return render(table);
  // Json{{"streams", list}} would be the list alone: braces around one pair are taken for a copy.
  Json answer = Json::object();
  answer["streams"] = std::move(list);
  return textOf(answer);
}

}  // namespace

Result<std::string> listStore(const ListOptions& options) {
  auto reader = StoreReader::open(options.dataDir);
  if (!reader) return failure(reader.error());
  return options.stream.empty() ? listStreams(*reader, options) : listFragments(*reader, options);
}

}  // namespace kvslocal
