// SPDX-License-Identifier: Apache-2.0
// A row of the index as kvs-local reads it: 16 bytes of times, the rest a column of texts or of frames.
#include <cstring>

#include "cli/options.h"
#include "cli/time_text.h"
#include "fuzz_input.h"
#include "store/row_codec.h"
#include "store/store_reader.h"

namespace {

using namespace kvslocal;
using kvs::fuzz::require;

std::int64_t numberFrom(kvs::fuzz::Input& input) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i)
    value = (value << 8U) | input.byte();
  return static_cast<std::int64_t>(value);
}

bool same(const std::vector<TrackFrames>& one, const std::vector<TrackFrames>& other) {
  return std::equal(
      one.begin(), one.end(), other.begin(), other.end(),
      [](const TrackFrames& a, const TrackFrames& b) { return a.track == b.track && a.frames == b.frames; });
}

void readTexts(const std::string& column) {
  const auto texts = decodeTexts(column);
  std::size_t bytes = 0;
  for (const auto& text : texts)
    bytes += text.size() + 2;
  require(bytes <= column.size(), "no text is made up");
  require(decodeTexts(encodeTexts(texts)) == texts, "what was read is written and read again");
  const auto tags = decodeTags(column);
  require(decodeTags(encodeTags(tags, decodeHeadTags(column))) == tags, "tags as well");
  const auto map = decodeMap(column);
  require(decodeMap(encodeMap(map)) == map, "and maps");
  require(decodeTexts(encodeTexts({column, "", column})) == std::vector<std::string>{column, "", column},
          "any text comes back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kvs::fuzz::Input input(data, size);
  FragmentRow row;
  row.summary.firstTime = std::chrono::nanoseconds(numberFrom(input));
  row.summary.lastTime = std::chrono::nanoseconds(numberFrom(input));
  row.received = WallTime(std::chrono::milliseconds(row.summary.lastTime.count()));
  const auto rest = input.rest();
  const std::string column(reinterpret_cast<const char*>(rest.data()), rest.size());
  readTexts(column);
  row.summary.frames = decodeFrames(column);
  require(same(decodeFrames(encodeFrames(row.summary.frames)), row.summary.frames), "frames come back");
  require(row.duration().count() >= 0, "no fragment ends before it begins");
  require(formatTime(row.received).size() == std::strlen("2026-01-31T12:00:00.250Z"),
          "every time is written");
  return 0;
}
