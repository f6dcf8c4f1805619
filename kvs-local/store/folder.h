// SPDX-License-Identifier: Apache-2.0
// A folder that is held open, and what is done with the files in it. Nothing here follows a link: a name
// stands for a file or a folder of its own, or it is refused.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace kvslocal {

class Folder {
 public:
  enum class Kind { absent, file, folder, other };

  /// The one place where links count: the path is the user's own.
  static Result<Folder> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string pathOf(const std::string& name) const { return path_ + '/' + name; }

  [[nodiscard]] Kind kindOf(const std::string& name) const;
  /// The length of a plain file.
  [[nodiscard]] std::optional<std::uint64_t> sizeOf(const std::string& name) const;
  /// The names in it, in order, without "." and "..".
  [[nodiscard]] Result<std::vector<std::string>> names() const;

  [[nodiscard]] Result<Folder> child(const std::string& name) const;
  [[nodiscard]] Result<Folder> makeChild(const std::string& name) const;

  /// A plain file's bytes, or the first `most` of them.
  [[nodiscard]] Result<Bytes> read(const std::string& name, std::uint64_t most = ~std::uint64_t{0}) const;
  /// A plain file, for reading.
  [[nodiscard]] Result<FileDescriptor> openFile(const std::string& name) const;
  /// A new file for appending; one of that name must not be there.
  [[nodiscard]] Result<FileDescriptor> create(const std::string& name, unsigned mode = 0644) const;
  /// Refuses to put the file over another.
  [[nodiscard]] Result<void> rename(const std::string& from, const std::string& to) const;
  /// Written beside it, synced and renamed, over a plain file of that name if there is one.
  [[nodiscard]] Result<void> writeDurably(const std::string& name, ByteView bytes) const;
  [[nodiscard]] Result<void> sync() const;

  /// Whether a plain file of that name is gone afterwards; anything else stays.
  [[nodiscard]] bool removeFile(const std::string& name) const;
  /// Whether an empty folder of that name was removed; anything else stays.
  [[nodiscard]] bool removeEmptyChild(const std::string& name) const;

 private:
  Folder(std::string path, FileDescriptor folder) : path_(std::move(path)), folder_(std::move(folder)) {}

  std::string path_;  ///< for sentences
  FileDescriptor folder_;
};

}  // namespace kvslocal
