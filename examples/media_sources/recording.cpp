// SPDX-License-Identifier: Apache-2.0
#include "recording.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "media/nal.h"

namespace example {

namespace {

struct AccessUnit {
  kvs::ByteView bytes;
  bool key = false;
};

std::vector<std::byte> readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto view = std::as_bytes(std::span(bytes));
  return {view.begin(), view.end()};
}

/// ITU-T H.264, 7.4.1.2.3, for pictures of one or more whole slices: a slice that begins at the first
/// macroblock begins a picture, and parameter sets, SEI and delimiters belong to the picture behind them.
class Splitter {
 public:
  explicit Splitter(kvs::ByteView file) : file_(file) {}

  kvs::Result<std::vector<AccessUnit>> split() {
    const kvs::ByteView whole[] = {file_};
    std::vector<kvs::media::NalUnit> units;
    if (auto found = kvs::media::findNalUnits(whole, {}, units); !found) return kvs::fail(found.error());
    for (const auto& unit : units)
      take(unit);
    finish(file_.size());
    return std::move(found_);
  }

 private:
  static constexpr unsigned slice = 1, keySlice = 5;

  void take(const kvs::media::NalUnit& unit) {
    if (unit.size < 2) return;
    const unsigned type = std::to_integer<unsigned>(file_[unit.offset]) & 0x1F;
    const bool isSlice = type == slice || type == keySlice;
    const bool atFirstMacroblock = (file_[unit.offset + 1] & std::byte{0x80}) != std::byte{0};
    if (hasSlice_ && (!isSlice || atFirstMacroblock)) finish(startOf(unit));
    hasSlice_ |= isSlice;
    key_ |= type == keySlice;
  }
  /// With its start code, of three bytes or four.
  std::size_t startOf(const kvs::media::NalUnit& unit) const {
    const std::size_t code = unit.offset - 3;
    return code > 0 && file_[code - 1] == std::byte{0} ? code - 1 : code;
  }
  void finish(std::size_t end) {
    if (hasSlice_) found_.push_back({file_.subspan(begin_, end - begin_), key_});
    begin_ = end;
    hasSlice_ = key_ = false;
  }

  kvs::ByteView file_;
  std::vector<AccessUnit> found_;
  std::size_t begin_ = 0;
  bool hasSlice_ = false;
  bool key_ = false;
};

std::optional<kvs::WallTime> lastWritten(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return kvs::WallTime(std::chrono::seconds(status.st_mtim.tv_sec) +
                       std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

}  // namespace

kvs::Nanoseconds Recording::timeOf(std::size_t picture) const {
  return kvs::Nanoseconds(static_cast<std::int64_t>(1e9 * static_cast<double>(picture) / framesPerSecond_));
}

kvs::MediaSourceInfo Recording::info() const {
  kvs::MediaSourceInfo info;
  info.stream.name = streamName_;
  info.stream.streamingType = kvs::StreamingType::offline;  // nothing is dropped, however slow the link is
  info.stream.startTime = begin_;
  if (!begin_) {
    const auto bytes = readFile(path_);
    const auto units = Splitter(bytes).split();
    const auto written = lastWritten(path_);
    if (units && written) info.stream.startTime = *written - timeOf(units->size());
  }
  kvs::TrackFormat format;
  format.name = "kinesis_video";
  format.frameDuration = timeOf(1);
  info.tracks.push_back({.kind = kvs::TrackKind::video, .format = format});
  return info;
}

kvs::Result<void> Recording::run(kvs::MediaSink& sink, std::stop_token stop) {
  const auto bytes = readFile(path_);
  const auto units = Splitter(bytes).split();
  if (!units) return kvs::fail(units.error());
  for (std::size_t i = 0; i < units->size() && !stop.stop_requested(); ++i) {
    const AccessUnit& unit = (*units)[i];
    const kvs::ByteView payload[] = {unit.bytes};
    const auto put = sink.frame(
        {.pts = timeOf(i), .dts = timeOf(i), .duration = timeOf(1), .key = unit.key, .payload = payload});
    if (!put) return kvs::fail(put.error());
  }
  return {};
}

}  // namespace example
