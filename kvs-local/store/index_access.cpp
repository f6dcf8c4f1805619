// SPDX-License-Identifier: Apache-2.0
#include "store/index_access.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>

#include <filesystem>

#include "store/data_format.h"
#include "store/store_paths.h"

namespace kvslocal {
namespace {

/// Whether a server is known not to run: its lock is free.
bool nobodyWrites(const Folder& root) {
  const FileDescriptor lock(::open(root.pathOf(lockName).c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  return lock.valid() && ::flock(lock.get(), LOCK_SH | LOCK_NB) == 0;
}

/// Opened and looked into: SQLite opens what it needs at the first question.
Result<Database> tryToRead(const std::string& path, Database::Mode mode) {
  auto index = Database::open(path, mode);
  if (!index) return index;
  index->tidyOnClose(false);
  if (const auto count = index->number("SELECT COUNT(*) FROM sqlite_master"); !count)
    return failure(count.error());
  return index;
}

/// A folder of our own that goes with this object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code error;
    std::string pattern = (std::filesystem::temp_directory_path(error) / "kvs-local-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// What a crash left beside the index can only be read where files can be made: in a copy. The copy's names
/// go at once; SQLite holds the files open.
Result<Database> readCopy(const Folder& root) {
  const ScratchFolder scratch;
  if (scratch.path().empty()) return failure("no temporary folder can be made: set TMPDIR to one that can");
  for (const std::string& name : {std::string(indexName), std::string(indexName) + "-wal"}) {
    const auto bytes = root.read(name);
    if (!bytes) return failure(bytes.error());
    const auto file = createFile(scratch.path() + '/' + name, 0600);
    if (!file) return failure(file.error());
    if (auto written = writeAll(file->get(), *bytes); !written) return failure(written.error());
  }
  return tryToRead(indexPath(scratch.path()), Database::Mode::readWrite);
}

}  // namespace

Result<Database> openIndexToRead(const Folder& root) {
  if (const auto readable = root.read(indexName, 1); !readable) return failure(readable.error());
  const std::string path = root.pathOf(indexName);
  const bool complete = !hasUnmergedChanges(root);
  if (complete && nobodyWrites(root)) return tryToRead(path, Database::Mode::unchanging);
  auto index = tryToRead(path, Database::Mode::readOnly);
  if (index) return index;
  auto otherwise = complete ? tryToRead(path, Database::Mode::unchanging) : readCopy(root);
  if (otherwise) return otherwise;
  return failure(index.error() + " (" + path + "), and " + otherwise.error());
}

}  // namespace kvslocal
