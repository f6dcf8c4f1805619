// SPDX-License-Identifier: Apache-2.0
// The buffer that is the stream: an append-only log of fragments, and the memory that they may take. intake
// appends to it, upload reads it through a Feed; it is freed from the front as fragments become durable, and
// where it is full, the oldest that may go are given up whole.
//
// Every call is made under the stream's lock, but filling a Block and copying what was read, which need none.
// The log knows no session, no clock and no Matroska.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "store/fragment_table.h"

namespace kvs::store {

struct LogLimits {
  std::shared_ptr<StorageBudget> storage;
  Nanoseconds duration = Nanoseconds::max();  ///< of buffered media, the sum over fragments
  /// What the newest whole fragment and the one that grows may take where `duration` is less.
  Nanoseconds leastDuration{0};
  Keeping keeping{};
};

/// A fragment that was dropped.
struct Loss {
  FragmentId id = 0;
  const Fragment& fragment;
  LossReason reason = LossReason::storageFull;
  /// It had been sent, now or in an earlier session, and no word came: it is reported as such, and turns to
  /// persisted if its acknowledgement comes.
  bool unconfirmed = false;
};

class FragmentLog final : public FragmentTable {
 public:
  /// Called, under the lock, for each fragment dropped.
  using OnLost = std::function<void(const Loss&)>;

  /// `first`: the id of the first fragment, where several logs stand behind one feed.
  FragmentLog(LogLimits limits, ChunkPool& pool, OnLost onLost, FragmentId first = 1);

  /// Space for a block of `headSize` + `payloadSize` bytes. Nothing where the budget has no room
  /// even after everything that may go has gone (`mayDrop`), or at once (not `mayDrop`). `overdraft`: how
  /// far beyond the budget it may go; none but for the track that is behind.
  std::optional<Block> reserve(std::size_t headSize, std::size_t payloadSize, bool mayDrop,
                               std::size_t overdraft = 0);
  /// Adds `payloadSize` bytes to a block that is not yet appended (NAL-aligned input).
  bool extend(Block& block, std::size_t payloadSize, bool mayDrop, std::size_t overdraft = 0);

  /// Drops the open fragment whole, where the reader has not entered it.
  bool dropGrowing(LossReason reason);
  /// The same; where the reader has, it is broken, and goes when the session has ended.
  void giveUpGrowing(LossReason reason);
  /// Drops whole oldest fragments until the budget of time is kept.
  void trimToDuration();
  /// More media is held than the budget of time allows.
  bool passesDuration() const;
  /// Drops everything that the reader is not in, reporting each as lost.
  void dropAll(LossReason reason);

  /// The session is over: everything begun and not durable will be sent again, and of what is durable and
  /// still held the last `replay`.
  Replayed rewind(Nanoseconds replay = Nanoseconds{0});

  /// True where only the fragment that the reader is in stands in the way of new data: the session must
  /// be closed before anything can be dropped. Reset by rewind().
  bool pinnedInTheWay() const { return pinnedInTheWay_; }
  const LogLimits& limits() const { return limits_; }
  /// What this log's chunks take of the budget, which others may share.
  std::size_t held() const { return share_->used(); }

 private:
  bool mayEverFit(std::size_t bytes) const;
  bool grow(Block& block, std::size_t bytes, bool mayDrop, std::size_t overdraft);
  bool takeTail(bool mayDrop, std::size_t overdraft);
  bool holdsOneAtMost() const;
  bool dropOldest(LossReason reason);
  void lose(FragmentRecord& record, LossReason reason);
  void onEmpty() override;

  LogLimits limits_;
  const std::shared_ptr<StorageBudget> share_;
  ChunkPool& pool_;
  OnLost onLost_;
  ChunkRef tail_;  // the chunk that is being filled
  std::uint32_t tailUsed_ = 0;
  bool pinnedInTheWay_ = false;
};

}  // namespace kvs::store
