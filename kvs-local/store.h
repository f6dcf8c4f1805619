// SPDX-License-Identifier: Apache-2.0
// What is on disk: fragments in files, their index in SQLite. A fragment's file is complete and synced before
// its row is committed, and a file without a row is removed at start, so a crash at any moment leaves a
// consistent store.
//
// DIR/kvs-local.db                              the index (WAL, synchronous FULL)
// DIR/streams/ID-NAME/headers/HASH.mkv          EBML header, Segment, Info, Tracks of sessions
// DIR/streams/ID-NAME/fragments/COUNTER.frag    the blocks of one fragment as received
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "files.h"
#include "ingest.h"
#include "sqlite.h"
#include "stream_table.h"

namespace kvslocal {

/// Where a stream's files are, below the data folder.
std::string streamFolder(const std::string& dataDir, std::int64_t streamId, const std::string& name);
std::string fragmentPath(const std::string& folder, std::uint64_t counter);
std::string headerPath(const std::string& folder, const std::string& hash);
std::string indexPath(const std::string& dataDir);

/// The file of a fragment that is still being received.
struct FragmentFile {
  FileDescriptor file;
  std::string folder;
  std::uint64_t counter = 0;
};

/// The writing side. One thread uses it, and one process: the folder is locked.
class Store {
 public:
  /// Opens or makes the store and removes what a crash left over. `durable` false leaves out every sync
  /// (unsafe).
  static Result<std::unique_ptr<Store>> open(const std::string& dataDir, bool durable = true);

  Result<std::vector<StreamRecord>> loadStreams();
  Result<void> saveStream(const StreamRecord& record);
  /// Removes the stream's rows; its files go after the next commit().
  Result<void> deleteStream(const StreamRecord& record);

  /// The greatest fragment number that was ever committed, 0 when none was.
  Result<std::uint64_t> greatestCounter();
  /// The row of a session's header, made with its file if it is a new one.
  Result<std::int64_t> ensureHeader(std::int64_t streamId, const std::string& folder,
                                    const StreamHeader& header);

  Result<FragmentFile> createFragment(const std::string& folder, std::uint64_t counter);
  /// Syncs the file, puts it in its place and adds its row to the open transaction.
  Result<void> seal(FragmentFile fragment, std::int64_t streamId, std::int64_t headerId,
                    const FragmentSummary& summary, WallTime received);
  void discard(FragmentFile fragment);
  /// What was done so far is durable when this returns well. Otherwise all of it since the last commit is
  /// undone.
  Result<void> commit();

 private:
  Store(std::string dataDir, bool durable) : dataDir_(std::move(dataDir)), durable_(durable) {}
  Result<void> lockFolder();
  Result<void> openIndex();
  Result<void> begin();
  Result<void> removeLeftovers();
  Result<void> cleanStream(const std::string& folder, std::int64_t streamId);

  std::string dataDir_;
  bool durable_;
  FileDescriptor lock_;
  std::unique_ptr<Database> index_;
  bool inTransaction_ = false;
  std::set<std::string> knownFolders_;  ///< made, or found, since the start
  std::set<std::string> foldersToSync_;
  std::vector<std::string> foldersToRemove_;
};

}  // namespace kvslocal
