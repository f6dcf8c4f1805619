// SPDX-License-Identifier: Apache-2.0
#include "store/row_codec.h"

#include <algorithm>
#include <charconv>

namespace kvslocal {

std::string encodeTexts(const std::vector<std::string>& texts) {
  std::string column;
  for (const auto& text : texts)
    column += std::to_string(text.size()) + ':' + text;
  return column;
}

std::vector<std::string> decodeTexts(const std::string& column) {
  std::vector<std::string> texts;
  std::size_t at = 0;
  while (at < column.size()) {
    std::size_t length = 0;
    const char* end = column.data() + column.size();
    const auto parsed = std::from_chars(column.data() + at, end, length);
    if (parsed.ec != std::errc{} || parsed.ptr == end || *parsed.ptr != ':') break;
    const auto begin = static_cast<std::size_t>(parsed.ptr - column.data()) + 1;
    if (length > column.size() - begin) break;
    texts.push_back(column.substr(begin, length));
    at = begin + length;
  }
  return texts;
}

std::string encodeMap(const std::map<std::string, std::string>& map) {
  std::vector<std::string> texts;
  for (const auto& [key, value] : map)
    texts.insert(texts.end(), {key, value});
  return encodeTexts(texts);
}

std::map<std::string, std::string> decodeMap(const std::string& column) {
  std::map<std::string, std::string> map;
  const auto texts = decodeTexts(column);
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2)
    map[texts[i]] = texts[i + 1];
  return map;
}

std::string encodeTags(const std::vector<SimpleTag>& tags, std::size_t headTags) {
  std::vector<std::string> texts;
  for (const auto& tag : tags)
    texts.insert(texts.end(), {tag.name, tag.value});
  texts.push_back(std::to_string(headTags));
  return encodeTexts(texts);
}

std::vector<SimpleTag> decodeTags(const std::string& column) {
  std::vector<SimpleTag> tags;
  const auto texts = decodeTexts(column);
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2)
    tags.push_back({texts[i], texts[i + 1]});
  return tags;
}

std::size_t decodeHeadTags(const std::string& column) {
  const auto texts = decodeTexts(column);
  const std::size_t tags = texts.size() / 2;
  std::size_t head = tags;
  if (texts.size() % 2 == 1)
    std::from_chars(texts.back().data(), texts.back().data() + texts.back().size(), head);
  return std::min(head, tags);
}

std::string encodeFrames(const std::vector<TrackFrames>& frames) {
  std::string column;
  for (const auto& one : frames) {
    column += (column.empty() ? "" : " ") + std::to_string(one.track) + ':' + std::to_string(one.frames);
  }
  return column;
}

std::vector<TrackFrames> decodeFrames(const std::string& column) {
  std::vector<TrackFrames> frames;
  const char* at = column.data();
  const char* const end = at + column.size();
  while (at != end) {
    TrackFrames one;
    const auto track = std::from_chars(at, end, one.track);
    if (track.ec != std::errc{} || track.ptr == end || *track.ptr != ':') break;
    const auto count = std::from_chars(track.ptr + 1, end, one.frames);
    if (count.ec != std::errc{} || (count.ptr != end && *count.ptr != ' ')) break;
    frames.push_back(one);
    at = count.ptr == end ? end : count.ptr + 1;
  }
  return frames;
}

Result<std::vector<StreamRecord>> selectStreams(Database& index) {
  auto rows = index.prepare(
      "SELECT id,name,arn,device,media,kms,version,created_ms,retention_hours,tags FROM streams ORDER BY "
      "name");
  if (!rows) return failure(rows.error());
  std::vector<StreamRecord> records;
  auto more = rows->step();
  for (; more && *more; more = rows->step()) {
    StreamRecord record;
    record.id = rows->integer(0);
    record.name = rows->text(1);
    record.arn = rows->text(2);
    record.deviceName = rows->text(3);
    record.mediaType = rows->text(4);
    record.kmsKeyId = rows->text(5);
    record.version = rows->text(6);
    record.created = WallTime(std::chrono::milliseconds(rows->integer(7)));
    record.retentionHours = rows->integer(8);
    record.tags = decodeMap(rows->text(9));
    records.push_back(std::move(record));
  }
  if (!more) return failure(more.error());
  return records;
}

}  // namespace kvslocal
