// SPDX-License-Identifier: Apache-2.0
// For debugging: copies of what a stream's sessions send, one file a session (KVS_DEBUG_DUMP_DATA_FILE_DIR).
// Written by the process's worker; a copy that falls behind is cut, and the stream never waits.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace kvs::upload {

/// Shown every byte that the transport takes of a session's body, in order. On the loop's thread.
class BodyTap {
 public:
  virtual ~BodyTap() = default;
  virtual void taken(ByteView bytes) = 0;
};

/// Where a stream's copies go. The files are FOLDER/STREAM_N.mkv with N from 0 on; one that is there
/// already is left alone and the next number taken. The folder must exist.
class Dump {
 public:
  using Told = std::function<void(const Error&)>;
  /// Bytes that wait to be written, at most.
  static constexpr std::size_t bound = std::size_t{16} << 20;

  /// `told` hears, from any thread, why a copy is not made or where it was cut: once for each folder
  /// that cannot be written to, once for each file that is cut.
  Dump(std::string folder, std::string stream, Told told, std::size_t mostWaiting = bound);

  /// The copy of one session; the file is closed when the last holder lets go.
  std::shared_ptr<BodyTap> newSession() const;

 private:
  class Place;
  class File;
  class Session;
  const std::shared_ptr<Place> place_;
  const std::size_t mostWaiting_;
};

}  // namespace kvs::upload
