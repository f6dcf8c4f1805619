// SPDX-License-Identifier: Apache-2.0
#include "cli/exporter.h"

#include <algorithm>
#include <span>

#include "base/digest.h"
#include "cli/mkv_file.h"
#include "matroska/block_rewrite.h"
#include "store/fragment.h"
#include "store/stream_files.h"

namespace kvslocal {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::int64_t nsInMs = 1'000'000;

const Track* trackForCues(const StreamHeader& header) {
  const auto video = std::find_if(header.tracks.begin(), header.tracks.end(),
                                  [](const Track& track) { return track.type == TrackType::video; });
  return video == header.tracks.end() ? &header.tracks.front() : &*video;
}

/// One output file being made from a run of rows.
class PartExport {
 public:
  PartExport(const StreamFiles& files, std::span<const FragmentRow> rows, StreamHeader header)
      : files_(files), rows_(rows), header_(std::move(header)) {
    // Whole milliseconds are exact in milliseconds; a finer unit stays as it is.
    inMs_ = header_.timecodeScale % nsInMs == 0;
    factor_ = inMs_ ? static_cast<std::int64_t>(header_.timecodeScale) / nsInMs : 1;
    scale_ = inMs_ ? nsInMs : static_cast<std::int64_t>(header_.timecodeScale);
    nanoseconds base = rows_.front().summary.timecode;
    for (const auto& row : rows_)
      base = std::min({base, row.summary.timecode, row.summary.firstTime});
    base_ = std::chrono::floor<milliseconds>(base);
    cueTrack_ = trackForCues(header_)->number;
  }

  Result<ExportedFile> write(const std::string& path, const StreamRecord& stream, bool tags) {
    const std::string uid =
        sha256Hex(stream.arn + std::to_string(rows_.front().summary.counter)).substr(0, 16);
    auto file = MkvFile::create({path, stream.name, Bytes(uid.begin(), uid.end()), WallTime(base_),
                                 static_cast<std::uint64_t>(scale_), header_.tracksElement, cueTrack_});
    if (!file) return failure(file.error());
    ExportedFile done{path, 0, 0, 0, WallTime(base_), {}};
    nanoseconds end = base_;
    for (const auto& row : rows_) {
      if (auto added = addFragment(*file, row, tags); !added) return failure(added.error());
      ++done.fragments;
      done.bytes += row.summary.bytes;
      for (const auto& track : row.summary.frames)
        done.frames += track.frames;
      end = std::max(end, row.summary.firstTime + row.duration());
    }
    done.duration = std::chrono::round<milliseconds>(end - base_);
    const auto ticks = static_cast<double>((end - base_).count()) / static_cast<double>(scale_);
    if (auto finished = file->finish(ticks); !finished) return failure(finished.error());
    return done;
  }

 private:
  Result<void> addFragment(MkvFile& file, const FragmentRow& row, bool tags) {
    auto blocks = files_.blocks(row);
    if (!blocks) return failure(blocks.error());
    if (factor_ != 1) {
      auto scaled = scaleBlocks(*blocks, factor_);
      if (!scaled) return failure(scaled.error());
      blocks = std::move(*scaled);
    }
    const auto places = listBlocks(*blocks);
    if (!places)
      return failure(places.error() + " (fragment " + fragmentNumberText(row.summary.counter) + ')');
    const std::uint64_t ticks = ticksOf(row.summary.timecode);
    if (tags && !row.summary.tags.empty()) {
      if (auto added = file.addTags(row.summary.tags); !added) return added;
    }
    return file.addCluster(ticks, *blocks, cueOf(*places, ticks));
  }

  [[nodiscard]] std::uint64_t ticksOf(nanoseconds time) const {
    return static_cast<std::uint64_t>(((time - base_).count() + scale_ / 2) / scale_);
  }

  [[nodiscard]] std::optional<std::uint64_t> cueOf(const std::vector<BlockPlace>& places,
                                                   std::uint64_t ticks) const {
    for (const auto& place : places) {
      if (place.track != cueTrack_ || !place.keyFrame) continue;
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(ticks) + place.relativeTicks);
    }
    return std::nullopt;
  }

  const StreamFiles& files_;
  std::span<const FragmentRow> rows_;
  StreamHeader header_;
  bool inMs_ = true;
  std::int64_t factor_ = 1;
  std::int64_t scale_ = nsInMs;
  milliseconds base_{0};
  std::uint64_t cueTrack_ = 0;
};

/// Of the copies of one timecode the one received last whose file is whole. `rows` are in the order of
/// timecodes, then of numbers.
std::vector<FragmentRow> chooseRows(StreamFiles& files, const std::vector<FragmentRow>& rows,
                                    std::vector<SteppedOver>& steppedOver) {
  std::vector<FragmentRow> chosen;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    const bool have = !chosen.empty() && chosen.back().summary.timecode == row->summary.timecode;
    if (have) continue;
    std::string damage = files.damageOf(*row);
    if (damage.empty()) {
      if (const auto blocks = files.blocks(*row); !blocks) damage = blocks.error();
    }
    if (damage.empty()) {
      chosen.push_back(*row);
    } else {
      steppedOver.push_back({fragmentNumberText(row->summary.counter), std::move(damage)});
    }
  }
  std::reverse(chosen.begin(), chosen.end());
  std::reverse(steppedOver.begin(), steppedOver.end());
  return chosen;
}

}  // namespace

std::string exportPath(const std::string& output, std::size_t n) {
  if (n == 1) return output;
  const std::size_t slash = output.rfind('/');
  const std::size_t dot = output.rfind('.');
  const bool hasExtension = dot != std::string::npos && (slash == std::string::npos || dot > slash + 1);
  const std::size_t cut = hasExtension ? dot : output.size();
  return output.substr(0, cut) + '-' + std::to_string(n) + output.substr(cut);
}

Result<ExportReport> exportStream(const ExportOptions& options) {
  auto reader = StoreReader::open(options.dataDir);
  if (!reader) return failure(reader.error());
  const auto stream = reader->stream(options.stream);
  if (!stream) return failure(stream.error());
  const auto all = reader->fragments({stream->id, true, options.from, options.to});
  if (!all) return failure(all.error());
  if (all->empty()) return failure("the stream '" + options.stream + "' has no fragment to export");

  StreamFiles files(reader->root(), *stream, *all);
  ExportReport report;
  const auto rows = chooseRows(files, *all, report.steppedOver);
  for (auto begin = rows.begin(); begin != rows.end();) {
    const auto end = std::find_if(begin, rows.end(),
                                  [&](const FragmentRow& row) { return row.headerKey != begin->headerKey; });
    auto header = files.header(*begin);
    if (!header) return failure(header.error());
    PartExport part(files, {begin, end}, std::move(*header));
    auto file = part.write(exportPath(options.output, report.files.size() + 1), *stream, options.tags);
    if (!file) return failure(file.error());
    report.files.push_back(std::move(*file));
    begin = end;
  }
  return report;
}

}  // namespace kvslocal
