// SPDX-License-Identifier: Apache-2.0
// A session's way to the disk: it gathers a fragment's bytes on the loop's thread, hands them to the worker
// in large pieces, and reports when the fragment is durable. Who has subscribed to the stream hears of each
// step; while somebody has, the pieces are as small as they come.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/post.h"
#include "store/disk_worker.h"
#include "store/live_fragments.h"

namespace kvslocal {

class DiskSession {
 public:
  /// `folder` is the stream's; `live` and `nextNumber` are shared by all sessions. Answers of sealed
  /// fragments come by `post`, on the loop's thread.
  DiskSession(Post post, DiskWorker& worker, LiveFragments& live, std::uint64_t& nextNumber,
              std::int64_t streamId, std::string folder);

  void header(const StreamHeader& header);
  /// Begins a fragment, of which so much is known, and whose first bytes came at `received`; answers its
  /// number.
  std::uint64_t open(const FragmentSummary& begun, WallTime received);
  void append(ByteView bytes);
  /// `done` hears whether the fragment is on disk and in the index.
  void seal(const FragmentSummary& summary, std::function<void(Result<void>)> done);
  void discard();

  /// Bytes that the worker still has to write: the session reads no more while they are many.
  [[nodiscard]] std::size_t backlog() const { return shared_->backlog.load(std::memory_order_relaxed); }

 private:
  /// What the worker knows of the session. Its thread alone touches all but `backlog`.
  struct Shared {
    std::int64_t streamId = 0;
    std::string folder;
    Result<std::int64_t> headerId = failure("the session has no header");
    std::atomic<std::size_t> backlog{0};
  };
  /// A fragment on its way. The worker's thread alone touches it.
  struct Fragment {
    std::shared_ptr<const FragmentBegun> begun;  ///< never changed
    std::optional<FragmentFile> file;
    std::uint64_t written = 0;
    Result<void> result;
  };

  void flush();

  Post post_;
  DiskWorker& worker_;
  LiveFragments& live_;
  std::uint64_t& nextNumber_;
  std::shared_ptr<const StreamHeader> header_;
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<Fragment> fragment_;
  Bytes gathered_;
};

}  // namespace kvslocal
