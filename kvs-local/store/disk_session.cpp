// SPDX-License-Identifier: Apache-2.0
#include "store/disk_session.h"

#include <algorithm>
#include <utility>

namespace kvslocal {
namespace {

constexpr std::size_t pieceSize = 256 * 1024;

}  // namespace

DiskSession::DiskSession(Post post, DiskWorker& worker, LiveFragments& live, std::uint64_t& nextNumber,
                         std::int64_t streamId, std::string folder)
    : post_(std::move(post)),
      worker_(worker),
      live_(live),
      nextNumber_(nextNumber),
      shared_(std::make_shared<Shared>()) {
  shared_->streamId = streamId;
  shared_->folder = std::move(folder);
}

void DiskSession::header(const StreamHeader& header) {
  header_ = std::make_shared<const StreamHeader>(header);
  worker_.post(
      [shared = shared_, header = header_](Store& store) {
        shared->headerId = store.ensureHeader(shared->streamId, shared->folder, *header);
      },
      [shared = shared_](bool committed) {
        if (!committed) shared->headerId = failure("the session's header could not be written");
      });
}

std::uint64_t DiskSession::open(const FragmentSummary& begun, WallTime received) {
  FragmentBegun known{shared_->streamId, header_, begun, received};
  known.summary.counter = nextNumber_++;
  fragment_ = std::make_shared<Fragment>();
  fragment_->begun = std::make_shared<const FragmentBegun>(std::move(known));
  worker_.post([shared = shared_, fragment = fragment_](Store& store) {
    auto file = store.createFragment(shared->folder, fragment->begun->summary.counter);
    if (file) {
      fragment->file = std::move(*file);
    } else {
      fragment->result = failure(file.error());
    }
  });
  live_.began(fragment_->begun);
  return fragment_->begun->summary.counter;
}

void DiskSession::append(ByteView bytes) {
  gathered_.insert(gathered_.end(), bytes.begin(), bytes.end());
  if (gathered_.size() >= pieceSize || live_.watched(shared_->streamId)) flush();
}

void DiskSession::flush() {
  if (gathered_.empty()) return;
  const std::size_t size = gathered_.size();
  shared_->backlog += size;
  worker_.post(
      [shared = shared_, fragment = fragment_, bytes = std::exchange(gathered_, {})](Store&) {
        if (fragment->file && fragment->result)
          fragment->result = writeAll(fragment->file->file.get(), bytes);
        if (fragment->file && fragment->result) fragment->written += bytes.size();
        shared->backlog -= bytes.size();
      },
      [post = post_, live = &live_, fragment = fragment_](bool /*committed*/) {
        post([live, begun = fragment->begun, written = fragment->written] { live->grew(*begun, written); });
      });
  gathered_.reserve(std::min(size, pieceSize));
}

void DiskSession::seal(const FragmentSummary& summary, std::function<void(Result<void>)> done) {
  flush();
  const auto fragment = std::exchange(fragment_, nullptr);
  worker_.post(
      [shared = shared_, fragment, summary](Store& store) {
        if (!fragment->file) return;
        if (fragment->result) fragment->result = expectLength(fragment->file->file.get(), fragment->written);
        if (fragment->result && !shared->headerId) fragment->result = failure(shared->headerId.error());
        if (!fragment->result) return store.discard(std::move(*fragment->file));
        fragment->result = store.seal(std::move(*fragment->file), shared->streamId, *shared->headerId,
                                      summary, fragment->begun->received);
      },
      [post = post_, live = &live_, fragment, summary, done = std::move(done)](bool committed) {
        Result<void> result =
            committed ? fragment->result : Result<void>(failure("the index could not be written"));
        post([live, begun = fragment->begun, summary, done, result = std::move(result)] {
          if (result) live->stored(*begun, summary);
          if (!result) live->brokeOff(*begun);
          done(result);
        });
      });
}

void DiskSession::discard() {
  gathered_.clear();
  const auto fragment = std::exchange(fragment_, nullptr);
  if (!fragment) return;
  worker_.post([fragment](Store& store) {
    if (fragment->file) store.discard(std::move(*fragment->file));
  });
  live_.brokeOff(*fragment->begun);
}

}  // namespace kvslocal
