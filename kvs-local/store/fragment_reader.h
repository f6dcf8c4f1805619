// SPDX-License-Identifier: Apache-2.0
// The blocks of one fragment, read piece by piece by the store's worker: of one that is stored, or that still
// grows. It can be read to its end even if its stream is deleted meanwhile. Used on the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/files.h"
#include "base/post.h"
#include "store/disk_worker.h"
#include "store/fragment_search.h"

namespace kvslocal {

/// A fragment and what it needs to be a document of its own.
struct FragmentParts {
  StreamHeader header;    ///< of its session
  FragmentSummary whole;  ///< its times and tags, head and tail
  WallTime received;
};

class FragmentReader {
 public:
  using Done = std::function<void(Result<Bytes>)>;

  /// `name` is for sentences.
  FragmentReader(Post post, DiskWorker& worker, FileDescriptor file, std::string name)
      : post_(std::move(post)),
        worker_(worker),
        file_(std::make_shared<const FileDescriptor>(std::move(file))),
        name_(std::move(name)) {}

  /// Up to `most` bytes from `offset` on; none where the fragment ends or has not grown to. One call at a
  /// time keeps the worker free for others.
  void read(std::uint64_t offset, std::size_t most, Done done);

 private:
  Post post_;
  DiskWorker& worker_;
  std::shared_ptr<const FileDescriptor> file_;
  std::string name_;
};

/// A stored fragment, opened.
struct OpenFragment {
  FragmentParts parts;
  std::unique_ptr<FragmentReader> blocks;
};

}  // namespace kvslocal
