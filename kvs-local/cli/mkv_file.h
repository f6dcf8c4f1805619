// SPDX-License-Identifier: Apache-2.0
// Writes one Matroska file that players can seek in: SeekHead, Info with DateUTC and Duration, the session's
// own Tracks, Clusters of known size, Cues. The counts that are known only at the end are filled in then.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "matroska/matroska_model.h"

namespace kvslocal {

struct MkvFileConfig {
  std::string path;
  std::string title;
  Bytes segmentUid;  ///< 16 bytes
  WallTime date;     ///< of time 0
  std::uint64_t timecodeScale = 1'000'000;
  Bytes tracksElement;
  std::uint64_t cueTrack = 0;  ///< 0: no Cues
};

class MkvFile {
 public:
  static Result<MkvFile> create(const MkvFileConfig& config);
  MkvFile(MkvFile&&) = default;
  MkvFile& operator=(MkvFile&&) = delete;
  /// Removes what is not finished.
  ~MkvFile();

  /// Tags as a child of the Segment: those of the Cluster that is added next.
  Result<void> addTags(const std::vector<SimpleTag>& tags);
  /// `blocks` as they stand in a Cluster. `cueTicks`: the time of a key frame in it, from time 0.
  Result<void> addCluster(std::uint64_t ticks, ByteView blocks, std::optional<std::uint64_t> cueTicks);
  /// Completes the file and puts it in its place. `durationTicks` from time 0.
  Result<void> finish(double durationTicks);

 private:
  MkvFile(MkvFileConfig config, FileDescriptor file) : config_(std::move(config)), file_(std::move(file)) {}
  Result<void> writeHead();
  Result<void> write(ByteView bytes);
  Result<void> patch(std::uint64_t at, ByteView bytes);
  [[nodiscard]] std::string part() const { return config_.path + ".part"; }

  MkvFileConfig config_;
  FileDescriptor file_;
  std::uint64_t at_ = 0;
  std::uint64_t segmentSizeAt_ = 0;
  std::uint64_t segmentBegin_ = 0;
  std::uint64_t seekHeadAt_ = 0;
  std::uint64_t infoAt_ = 0;
  std::uint64_t tracksAt_ = 0;
  std::uint64_t durationAt_ = 0;
  Bytes cues_;
};

}  // namespace kvslocal
