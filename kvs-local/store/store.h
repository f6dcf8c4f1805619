// SPDX-License-Identifier: Apache-2.0
// What is on disk: fragments in files, their index in SQLite. A fragment's file is complete and synced before
// its row is committed, and a file of ours without a row is removed at start, so a crash at any moment leaves
// a consistent store. What others put into the folder is neither read, followed nor removed.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "store/folder.h"
#include "store/fragment_search.h"
#include "store/sqlite.h"
#include "store/store_paths.h"
#include "store/stream_record.h"

namespace kvslocal {

/// The file of a fragment that is still being received.
struct FragmentFile {
  FileDescriptor file;
  std::string folder;
  std::uint64_t counter = 0;
};

/// The writing side. One thread uses it, and one process: the folder is locked. It is larger than most
/// classes, since files and rows are changed together, and undone together.
class Store {
 public:
  /// Opens or makes the store and removes what a crash left over. A folder of others is refused and left as
  /// it is. `durable` false leaves out every sync (unsafe).
  static Result<std::unique_ptr<Store>> open(const std::string& dataDir, bool durable = true);

  Result<std::vector<StreamRecord>> loadStreams();
  /// Greater than that of any stream whose rows or files are still there.
  Result<std::int64_t> nextStreamId();
  Result<void> saveStream(const StreamRecord& record);
  /// Removes the stream's rows; its files go after the next commit().
  Result<void> deleteStream(const StreamRecord& record);

  /// The greatest fragment number that was ever committed, 0 when none was.
  Result<std::uint64_t> greatestCounter();
  /// The row of a session's header, made with its file where one of them is missing.
  Result<std::int64_t> ensureHeader(std::int64_t streamId, const std::string& folder,
                                    const StreamHeader& header);

  Result<FragmentFile> createFragment(const std::string& folder, std::uint64_t counter);
  /// Syncs the file, puts it in its place and adds its row to the open transaction. What fails leaves nothing
  /// behind.
  Result<void> seal(FragmentFile fragment, std::int64_t streamId, std::int64_t headerId,
                    const FragmentSummary& summary, WallTime received);
  void discard(FragmentFile fragment);
  /// A page of what is committed, when nothing else was done since the last commit.
  Result<FragmentPage> find(const FragmentSearch& search) { return findFragments(*index_, search); }
  [[nodiscard]] const Folder& root() const { return root_; }

  /// What was done so far is durable when this returns well. Otherwise all of it since the last commit is
  /// undone.
  Result<void> commit();

 private:
  struct Deleted {
    std::int64_t id;
    std::string folder;  ///< its name below streams/
  };
  struct Sealed {
    std::string folder;
    std::uint64_t counter;
  };

  Store(Folder root, bool durable) : root_(std::move(root)), durable_(durable) {}
  Result<void> lockFolder();
  Result<void> openIndex();
  Result<void> begin();
  Result<void> syncSealed();
  void undo();

  [[nodiscard]] std::string leafOf(const std::string& folder) const;
  Result<Folder> makePart(const std::string& folder, const char* part);
  Result<void> keepHeader(const std::string& folder, const std::string& hash, const StreamHeader& header);
  Result<std::int64_t> headerRow(std::int64_t streamId, const std::string& hash, const std::string& keyHash);
  Result<void> expectHeader(const std::string& folder, std::int64_t streamId, std::int64_t headerId);
  Result<void> putInPlace(const FragmentFile& fragment);
  Result<void> addRow(std::int64_t streamId, std::int64_t headerId, const FragmentSummary& summary,
                      WallTime received);

  Result<void> removeLeftovers();
  Result<void> tidyStream(const StreamRecord& record);
  void removeFiles(const Deleted& stream);

  Folder root_;
  bool durable_;
  FileDescriptor lock_;
  std::unique_ptr<Database> index_;
  bool inTransaction_ = false;
  std::set<std::string> durableFolders_;  ///< known to be on disk since the start
  std::map<std::int64_t, std::uint64_t> headerSizes_;
  std::set<std::string> deletedFolders_;  ///< nothing is put there any more
  std::vector<Deleted> deleted_;          ///< in the open transaction
  std::vector<Sealed> sealed_;            ///< in the open transaction
};

}  // namespace kvslocal
