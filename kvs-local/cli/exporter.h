// SPDX-License-Identifier: Apache-2.0
// `kvs-local export`: a stream's fragments as playable Matroska files, one for each run of fragments that
// share a header. Times begin at 0; the wall clock of time 0 is in DateUTC.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/options.h"
#include "store/store_reader.h"

namespace kvslocal {

/// What was written into one file.
struct ExportedFile {
  std::string path;
  std::uint64_t fragments = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  WallTime begins;
  std::chrono::milliseconds duration{0};
};

/// A fragment that could not be exported.
struct SteppedOver {
  std::string number;
  std::string why;
};

struct ExportReport {
  std::vector<ExportedFile> files;
  std::vector<SteppedOver> steppedOver;
};

/// What is damaged is stepped over, and an earlier copy of it taken where there is one.
Result<ExportReport> exportStream(const ExportOptions& options);

/// out.mkv, out-2.mkv, out-3.mkv: the name of the n-th file, n from 1.
std::string exportPath(const std::string& output, std::size_t n);

}  // namespace kvslocal
