// SPDX-License-Identifier: Apache-2.0
// One stream's media, and the lock that guards it: "the stream's lock". Streaming threads take it to reserve
// and to publish, the loop to read and to settle what the service has said. It is never held while a payload
// is copied, and never while calling out.
//
// What else belongs to a stream and changes with its media (intake's order and times, what was sent, where
// the life stands) is guarded by the same lock, and says so by KVS_GUARDED_BY(store.mutex()).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "base/news.h"
#include "base/stats.h"
#include "store/feed.h"

namespace kvs::store {

class StreamStore {
 public:
  StreamStore(LogLimits limits, ChunkPool& pool, const MakeFeed& makeFeed = {});

  Mutex& mutex() const KVS_RETURN_MUTEX(mutex_) { return mutex_; }
  /// What intake writes.
  FragmentLog& log() KVS_REQUIRES(mutex_) { return log_; }
  const FragmentLog& log() const KVS_REQUIRES(mutex_) { return log_; }
  /// What upload reads.
  Feed& feed() KVS_REQUIRES(mutex_) { return *feed_; }
  const Feed& feed() const KVS_REQUIRES(mutex_) { return *feed_; }

  // --- what the service has said, or will not say any more ---

  void markReceived(FragmentId id) KVS_REQUIRES(mutex_);
  void markPersisted(FragmentId id) KVS_REQUIRES(mutex_);
  /// It is set aside (unset: the oldest) and told as lost; nothing where there is none that can be.
  std::optional<FragmentLost> refuse(std::optional<FragmentId> id) KVS_REQUIRES(mutex_);
  /// It is sent without its tags (unset: the oldest).
  void strip(std::optional<FragmentId> id) KVS_REQUIRES(mutex_);
  /// The session is over: see FragmentLog::rewind(). `isConfirmed`: nothing of it can be in doubt any more.
  void rewind(bool isConfirmed, Nanoseconds replay) KVS_REQUIRES(mutex_);
  /// What is left goes nowhere any more.
  void drop() KVS_REQUIRES(mutex_);
  /// The wall clock has been put right by `moved` in all.
  void correct(Nanoseconds moved, Epoch::Correct which) KVS_REQUIRES(mutex_);

  // --- whom it concerns ---

  /// What was dropped since this was asked last: for who held the lock to report, behind it.
  std::vector<FragmentLost> takeLosses() KVS_REQUIRES(mutex_);
  bool hasLosses() const KVS_REQUIRES(mutex_) { return !losses_.empty(); }
  StoreCounts counts() const KVS_REQUIRES(mutex_);

  /// Why no more frames are taken; unset: they are.
  const std::optional<Error>& ended() const KVS_REQUIRES(mutex_) { return ended_; }
  void end(Error why) KVS_REQUIRES(mutex_);

  /// Room appeared, the store ran empty, the life moved, or a wait is to be given up.
  void changed() { changed_.notifyAll(); }
  /// On the machine's own clock: a thread sleeps.
  void waitForChange(Nanoseconds atMost) KVS_REQUIRES(mutex_) {
    changed_.waitUntil(mutex_, systemClock().now() + atMost);
  }

 private:
  FragmentLog::OnLost onLost();
  void noteLoss(const Loss& loss) KVS_REQUIRES(mutex_);
  LossCount& countOf(LossReason reason) KVS_REQUIRES(mutex_);

  mutable Mutex mutex_{"stream"};
  Condition changed_;
  FragmentLog log_ KVS_GUARDED_BY(mutex_);
  std::unique_ptr<Feed> feed_ KVS_PT_GUARDED_BY(mutex_);
  std::vector<FragmentLost> losses_ KVS_GUARDED_BY(mutex_);
  StoreCounts counts_ KVS_GUARDED_BY(mutex_);
  std::optional<Error> ended_ KVS_GUARDED_BY(mutex_);
};

}  // namespace kvs::store
