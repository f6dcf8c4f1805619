// SPDX-License-Identifier: Apache-2.0
// The store as the rest of the service sees it, from the loop's thread: what is asked of it is done by its
// worker, and the answers come back by `post`. Nothing here waits for a disk.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/post.h"
#include "store/disk_session.h"
#include "store/disk_worker.h"
#include "store/fragment_reader.h"
#include "store/live_fragments.h"
#include "store/stream_record.h"

namespace kvslocal {

class MediaStore {
 public:
  /// What was there when the store was opened.
  struct Contents {
    std::vector<StreamRecord> streams;
    std::int64_t nextStreamId = 1;  ///< greater than every id that was ever used
  };
  /// Whether it is on disk.
  using Done = std::function<void(bool onDisk)>;

  static Result<std::unique_ptr<MediaStore>> open(const std::string& dataDir, bool durable, Post post);

  [[nodiscard]] const Contents& contents() const { return contents_; }
  void save(const StreamRecord& record, Done done);
  /// The stream with all that it holds.
  void remove(const StreamRecord& record, Done done);
  /// A way to the disk for the fragments of one session.
  std::unique_ptr<DiskSession> newSession(const StreamRecord& stream);

  void streams(std::function<void(Result<std::vector<StreamRecord>>)> done);
  /// A page of the stream's fragments that are stored.
  void find(const FragmentSearch& search, std::function<void(Result<FragmentPage>)> done);
  /// A stored fragment with all its parts. A sentence if its file, or its header's, is not what was stored.
  void open(const StreamRecord& stream, const FragmentRow& row,
            std::function<void(Result<OpenFragment>)> done);
  /// The blocks of a fragment that grows, as far as it has grown.
  void follow(const StreamRecord& stream, std::uint64_t number,
              std::function<void(Result<std::unique_ptr<FragmentReader>>)> done);
  /// News of the stream's fragments, until the subscription is dropped, which must not outlive the store.
  std::unique_ptr<Subscription> subscribe(std::int64_t streamId, std::function<void()> wake);

 private:
  MediaStore(std::string dataDir, Post post) : dataDir_(std::move(dataDir)), post_(std::move(post)) {}
  Result<void> load(Store& store);
  template <typename Answer>
  void ask(std::function<Result<Answer>(Store&)> question, std::function<void(Result<Answer>)> done);
  void change(std::function<Result<void>(Store&)> change, const std::string& name, Done done);

  std::string dataDir_;
  Post post_;
  Contents contents_;
  std::uint64_t nextNumber_ = 0;  ///< of a fragment
  LiveFragments live_;
  std::unique_ptr<DiskWorker> worker_;
};

}  // namespace kvslocal
