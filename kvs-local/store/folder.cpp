// SPDX-License-Identifier: Apache-2.0
#include "store/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace kvslocal {
namespace {

/// One step, and not up, away or into a longer path.
bool isOneName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

bool holdsPlainFile(int fd, struct stat& status) {
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

Result<Folder> Folder::open(const std::string& path) {
  FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid()) return failure(fileError("open the folder", path));
  return Folder(path, std::move(folder));
}

Folder::Kind Folder::kindOf(const std::string& name) const {
  struct stat status {};
  if (::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? Kind::absent : Kind::other;
  }
  if (S_ISREG(status.st_mode)) return Kind::file;
  return S_ISDIR(status.st_mode) ? Kind::folder : Kind::other;
}

std::optional<std::uint64_t> Folder::sizeOf(const std::string& name) const {
  struct stat status {};
  const bool found = ::fstatat(folder_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  if (!found || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::vector<std::string>> Folder::names() const {
  FileDescriptor again(::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct Closer {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, Closer> directory(again.valid() ? ::fdopendir(again.get()) : nullptr);
  if (!directory) return failure(fileError("list", path_));
  again.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (std::string name = entry->d_name; isOneName(name)) names.push_back(std::move(name));
  }
  if (errno != 0) return failure(fileError("list", path_));
  std::sort(names.begin(), names.end());
  return names;
}

Result<Folder> Folder::child(const std::string& name) const {
  if (!isOneName(name)) return failure("'" + name + "' is no name of a folder in " + path_);
  FileDescriptor folder(
      ::openat(folder_.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder.valid()) return Folder(pathOf(name), std::move(folder));
  std::string sentence = fileError("open the folder", pathOf(name));
  if (kindOf(name) == Kind::other) sentence += " (kvs-local follows no link)";
  return failure(std::move(sentence));
}

Result<Folder> Folder::makeChild(const std::string& name) const {
  if (!isOneName(name)) return failure("'" + name + "' is no name of a folder in " + path_);
  if (::mkdirat(folder_.get(), name.c_str(), 0777) != 0 && errno != EEXIST) {
    return failure(fileError("make the folder", pathOf(name)));
  }
  return child(name);
}

Result<FileDescriptor> Folder::openFile(const std::string& name) const {
  // Without O_NONBLOCK a pipe of that name would be waited for.
  FileDescriptor file(::openat(folder_.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid()) return failure(fileError("open", pathOf(name)));
  struct stat status {};
  if (!holdsPlainFile(file.get(), status)) return failure("cannot read " + pathOf(name) + ": it is no file");
  return file;
}

Result<Bytes> Folder::read(const std::string& name, std::uint64_t most) const {
  const auto file = openFile(name);
  if (!file) return failure(file.error());
  struct stat status {};
  if (::fstat(file->get(), &status) != 0) return failure(fileError("read", pathOf(name)));
  const std::uint64_t length = std::min(most, static_cast<std::uint64_t>(status.st_size));
  return readAll(file->get(), static_cast<std::size_t>(length), pathOf(name));
}

Result<FileDescriptor> Folder::create(const std::string& name, unsigned mode) const {
  // Appending: where somebody cuts the file short meanwhile, its length tells.
  FileDescriptor file(::openat(folder_.get(), name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file.valid()) return failure(fileError("create", pathOf(name)));
  return file;
}

Result<void> Folder::rename(const std::string& from, const std::string& to) const {
  int code = ::renameat2(folder_.get(), from.c_str(), folder_.get(), to.c_str(), RENAME_NOREPLACE);
  if (code != 0 && errno == EINVAL) {  // the file system cannot promise it
    if (kindOf(to) != Kind::absent) return failure("cannot rename " + pathOf(from) + ": there is a " + to);
    code = ::renameat(folder_.get(), from.c_str(), folder_.get(), to.c_str());
  }
  if (code != 0) return failure(fileError("rename", pathOf(from)));
  return {};
}

Result<void> Folder::writeDurably(const std::string& name, ByteView bytes) const {
  if (kindOf(name) != Kind::absent && kindOf(name) != Kind::file) {
    return failure("cannot write " + pathOf(name) + ": something that is no file stands there");
  }
  const std::string part = name + ".part";
  if (!removeFile(part)) return failure("cannot write " + pathOf(part) + ": something stands there");
  const auto file = create(part);
  if (!file) return failure(file.error());
  auto done = writeAll(file->get(), bytes);
  if (done) done = syncFile(file->get(), pathOf(part));
  if (done && ::renameat(folder_.get(), part.c_str(), folder_.get(), name.c_str()) != 0)
    done = failure(fileError("rename", pathOf(part)));
  if (!done) static_cast<void>(removeFile(part));
  return done ? sync() : done;
}

Result<void> Folder::sync() const {
  if (::fsync(folder_.get()) != 0) return failure(fileError("sync", path_));
  return {};
}

bool Folder::removeFile(const std::string& name) const {
  const Kind kind = kindOf(name);
  if (kind != Kind::file) return kind == Kind::absent;
  return ::unlinkat(folder_.get(), name.c_str(), 0) == 0;
}

bool Folder::removeEmptyChild(const std::string& name) const {
  return kindOf(name) == Kind::folder && ::unlinkat(folder_.get(), name.c_str(), AT_REMOVEDIR) == 0;
}

}  // namespace kvslocal
