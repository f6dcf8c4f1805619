// SPDX-License-Identifier: Apache-2.0
// Files that are on disk when we say so: an owned descriptor, writing, syncing, renaming into place.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"

namespace kvslocal {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() { close(); }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  void close();
  /// Somebody else closes it from now on.
  void release() { fd_ = -1; }

 private:
  int fd_ = -1;
};

/// "cannot DO PATH: reason", with errno's text.
std::string fileError(const std::string& doing, const std::string& path);

/// Creates or empties a file for writing.
Result<FileDescriptor> createFile(const std::string& path, unsigned mode = 0644);
Result<void> writeAll(int fd, ByteView bytes);
/// Whether the file holds as much as was written: somebody else may have cut it short.
Result<void> expectLength(int fd, std::uint64_t length);
/// The file's bytes and length reach the disk (fdatasync).
Result<void> syncFile(int fd, const std::string& path);
/// The names in a folder reach the disk.
Result<void> syncFolder(const std::string& path);
Result<void> makeFolders(const std::string& path);
Result<Bytes> readFile(const std::string& path);
/// What an open file holds, up to the length that it had; `path` is for the sentence.
Result<Bytes> readAll(int fd, std::size_t length, const std::string& path);
/// Up to `most` bytes from `offset` on.
Result<Bytes> readAt(int fd, std::uint64_t offset, std::size_t most, const std::string& path);
/// Written beside it, synced and renamed: after a crash the file is whole or not there.
Result<void> writeFileDurably(const std::string& path, ByteView bytes, unsigned mode = 0644);

}  // namespace kvslocal
