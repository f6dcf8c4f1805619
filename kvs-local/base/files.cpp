// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace kvslocal {

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void FileDescriptor::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string fileError(const std::string& doing, const std::string& path) {
  return "cannot " + doing + ' ' + path + ": " + std::strerror(errno);
}

Result<FileDescriptor> createFile(const std::string& path, unsigned mode) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!file.valid()) return failure(fileError("create", path));
  return file;
}

Result<void> writeAll(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(std::string("cannot write: ") + std::strerror(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> expectLength(int fd, std::uint64_t length) {
  struct stat status {};
  if (::fstat(fd, &status) != 0)
    return failure(std::string("cannot look at the file: ") + std::strerror(errno));
  const auto found = static_cast<std::uint64_t>(status.st_size);
  if (found == length) return {};
  return failure("the file holds " + std::to_string(found) + " bytes of " + std::to_string(length) +
                 ": somebody else changed it");
}

Result<void> syncFile(int fd, const std::string& path) {
  if (::fdatasync(fd) != 0) return failure(fileError("sync", path));
  return {};
}

Result<void> syncFolder(const std::string& path) {
  const FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid() || ::fsync(folder.get()) != 0) return failure(fileError("sync", path));
  return {};
}

Result<void> makeFolders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return failure("cannot make the folder " + path + ": " + error.message());
  return {};
}

Result<Bytes> readAll(int fd, std::size_t length, const std::string& path) {
  Bytes bytes(length);
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t count = ::read(fd, bytes.data() + have, bytes.size() - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(fileError("read", path));
    if (count == 0) break;
    have += static_cast<std::size_t>(count);
  }
  bytes.resize(have);
  return bytes;
}

Result<Bytes> readAt(int fd, std::uint64_t offset, std::size_t most, const std::string& path) {
  Bytes bytes(most);
  ssize_t count = 0;
  do {
    count = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  } while (count < 0 && errno == EINTR);
  if (count < 0) return failure(fileError("read", path));
  bytes.resize(static_cast<std::size_t>(count));
  return bytes;
}

Result<Bytes> readFile(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return failure(fileError("open", path));
  return readAll(file.get(), static_cast<std::size_t>(status.st_size), path);
}

Result<void> writeFileDurably(const std::string& path, ByteView bytes, unsigned mode) {
  const std::string part = path + ".part";
  auto file = createFile(part, mode);
  if (!file) return failure(file.error());
  if (auto written = writeAll(file->get(), bytes); !written) return written;
  if (auto synced = syncFile(file->get(), part); !synced) return synced;
  if (::rename(part.c_str(), path.c_str()) != 0) return failure(fileError("rename", part));
  return syncFolder(std::filesystem::path(path).parent_path().string());
}

}  // namespace kvslocal
