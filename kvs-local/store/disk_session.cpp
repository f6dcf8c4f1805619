// SPDX-License-Identifier: Apache-2.0
#include "store/disk_session.h"

#include <utility>

namespace kvslocal {
namespace {

constexpr std::size_t pieceSize = 256 * 1024;

}  // namespace

DiskSession::DiskSession(Post post, DiskWorker& worker, std::int64_t streamId, std::string folder)
    : post_(std::move(post)), worker_(worker), shared_(std::make_shared<Shared>()) {
  shared_->streamId = streamId;
  shared_->folder = std::move(folder);
}

void DiskSession::header(const StreamHeader& header) {
  worker_.post(
      [shared = shared_, header](Store& store) {
        shared->headerId = store.ensureHeader(shared->streamId, shared->folder, header);
      },
      [shared = shared_](bool committed) {
        if (!committed) shared->headerId = failure("the session's header could not be written");
      });
}

void DiskSession::open(std::uint64_t counter) {
  fragment_ = std::make_shared<Fragment>();
  worker_.post([shared = shared_, fragment = fragment_, counter](Store& store) {
    auto file = store.createFragment(shared->folder, counter);
    if (file) {
      fragment->file = std::move(*file);
    } else {
      fragment->result = failure(file.error());
    }
  });
}

void DiskSession::append(ByteView bytes) {
  gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
  if (gathered_.size() >= pieceSize) flush();
}

void DiskSession::flush() {
  if (gathered_.empty()) return;
  const std::size_t size = gathered_.size();
  shared_->backlog += size;
  worker_.post([shared = shared_, fragment = fragment_, bytes = std::exchange(gathered_, {})](Store&) {
    if (fragment->file && fragment->result) fragment->result = writeAll(fragment->file->file.get(), bytes);
    fragment->written += bytes.size();
    shared->backlog -= bytes.size();
  });
  gathered_.reserve(size);
}

void DiskSession::seal(const FragmentSummary& summary, WallTime received,
                       std::function<void(Result<void>)> done) {
  flush();
  const auto fragment = std::exchange(fragment_, nullptr);
  worker_.post(
      [shared = shared_, fragment, summary, received](Store& store) {
        if (!fragment->file) return;
        if (fragment->result) fragment->result = expectLength(fragment->file->file.get(), fragment->written);
        if (fragment->result && !shared->headerId) fragment->result = failure(shared->headerId.error());
        if (!fragment->result) return store.discard(std::move(*fragment->file));
        fragment->result =
            store.seal(std::move(*fragment->file), shared->streamId, *shared->headerId, summary, received);
      },
      [post = post_, fragment, done = std::move(done)](bool committed) {
        Result<void> result =
            committed ? fragment->result : Result<void>(failure("the index could not be written"));
        post([done, result = std::move(result)] { done(result); });
      });
}

void DiskSession::discard() {
  gathered_.clear();
  const auto fragment = std::exchange(fragment_, nullptr);
  if (!fragment) return;
  worker_.post([fragment](Store& store) {
    if (fragment->file) store.discard(std::move(*fragment->file));
  });
}

}  // namespace kvslocal
