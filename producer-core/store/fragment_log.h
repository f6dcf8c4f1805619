// SPDX-License-Identifier: Apache-2.0
// The buffer that is the stream: an append-only log of fragments, read by one cursor that follows
// the writer, and freed from the front as fragments become durable.
//
// Every call is made under the stream's lock, but filling a Block and copying what read() pinned,
// which need none. The log knows no session, no clock and no Matroska.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "store/fragment.h"

namespace kvs::store {

/// Where the reader stands: in which fragment, and how many of its bytes it has taken.
struct Cursor {
  FragmentId fragment = 1;
  std::uint64_t offset = 0;
  bool inside = false;  ///< the fragment's head was rendered
};

struct LogLimits {
  std::shared_ptr<StorageBudget> storage;
  Nanoseconds duration = Nanoseconds::max();  ///< of buffered media, the sum over fragments
  /// What the newest whole fragment and the one that grows may take where `duration` is less.
  Nanoseconds leastDuration{0};
  /// How much durable media stays for a replay, as long as nothing else needs its room. Unless `keepAll` only
  /// what lies behind a fragment that is not durable yet, and so costs nobody its place.
  Nanoseconds keep{0};
  bool keepAll = false;
};

struct LogTotals {
  std::uint64_t bytes = 0;  ///< payload and block heads not yet durable
  Nanoseconds duration{0};
  std::size_t fragments = 0;
};

class FragmentLog {
 public:
  /// Called, under the lock, for each fragment dropped; `unconfirmed` when it had been sent, now or in an
  /// earlier session, and no word came (it is reported as such, and turns to persisted if its acknowledgement
  /// comes).
  using OnLost = std::function<void(const Fragment&, LossReason, bool unconfirmed)>;

  FragmentLog(LogLimits limits, ChunkPool& pool, OnLost onLost);

  // --- writing ---

  /// Space for a block of `headSize` + `payloadSize` bytes. Nothing where the budget has no room
  /// even after everything that may go has gone (`mayDrop`), or at once (not `mayDrop`). `overdraft`: how
  /// far beyond the budget it may go; none but for the track that is behind.
  std::optional<Block> reserve(std::size_t headSize, std::size_t payloadSize, bool mayDrop,
                               std::size_t overdraft = 0);
  /// Adds `payloadSize` bytes to a block that is not yet appended (NAL-aligned input).
  bool extend(Block& block, std::size_t payloadSize, bool mayDrop, std::size_t overdraft = 0);

  /// Begins a fragment; the one before must be sealed.
  Fragment& open(SharedHeader header, SharedEpoch epoch, Ticks firstTicks);
  /// Appends a full block to the open fragment. `extent` is the media time from the fragment's start
  /// to the end of this frame: what the fragment counts against the budget of time.
  void append(Block&& block, Ticks ticks, Nanoseconds extent);
  void seal();
  /// The open fragment, or null.
  Fragment* growing();
  const Fragment* growing() const { return const_cast<FragmentLog*>(this)->growing(); }
  /// Drops the open fragment whole, where the cursor has not entered it.
  bool dropGrowing(LossReason reason);

  // --- reading: one cursor ---

  const Cursor& cursor() const { return cursor_; }
  /// The fragment under the cursor, or the next one to enter; null where there is none. Holes
  /// (refused, lost, persisted) are stepped over.
  Fragment* atCursor();
  /// Marks the fragment at the cursor as begun; its first byte may leave.
  void enter();
  /// Up to `maxBytes` that follow the cursor in the fragment it is inside of; pinned, contiguous,
  /// and complete blocks only. The cursor moves. Empty where nothing more is there now.
  Span read(std::size_t maxBytes);
  /// All blocks of the fragment were read and no more will come.
  bool atEndOfFragment() const;
  /// Moves on behind the fragment, which is now wholly sent.
  void leave();
  /// The session is over: everything begun and not durable will be sent again, and of what is durable and
  /// still held the last `replay`.
  struct Replayed {
    std::uint64_t fragments = 0;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
  };
  Replayed rewind(Nanoseconds replay = Nanoseconds{0});

  // --- acknowledgements and loss ---

  Fragment* find(FragmentId id);
  const Fragment* find(FragmentId id) const { return const_cast<FragmentLog*>(this)->find(id); }
  /// The one that was opened last; null where its record has gone.
  Fragment* newest() { return fragments_.empty() ? nullptr : &fragments_.back(); }
  /// The oldest that is neither durable nor given up; null where there is none.
  Fragment* oldest();
  /// False where the fragment is unknown or the table has no place for the event.
  bool markReceived(FragmentId id);
  bool markPersisted(FragmentId id);
  bool markRefused(FragmentId id);
  /// Drops whole oldest fragments until the budget of time is kept.
  void trimToDuration();
  /// More media is held than the budget of time allows.
  bool passesDuration() const;
  /// Drops everything not under the cursor, reporting each as lost.
  void dropAll(LossReason reason);
  /// Frees what is kept for a replay.
  void forgetKept();

  /// The wall clock has been put right: so are the times that were taken from it.
  void correct(Nanoseconds moved, Epoch::Correct which);

  /// True where only the fragment under the cursor stands in the way of new data: the session must
  /// be closed before anything can be dropped. Reset by rewind().
  bool pinnedInTheWay() const { return pinnedInTheWay_; }

  const LogTotals& totals() const { return totals_; }
  /// Of these, what the cursor has not passed. Looks only at what was sent and is not yet durable.
  LogTotals unsent() const;
  const std::deque<Fragment>& fragments() const { return fragments_; }
  bool isEmpty() const { return totals_.fragments == 0; }
  const LogLimits& limits() const { return limits_; }

 private:
  bool mayEverFit(std::size_t bytes) const;
  bool grow(Block& block, std::size_t bytes, bool mayDrop, std::size_t overdraft);
  bool takeTail(bool mayDrop, std::size_t overdraft);
  bool holdsOneAtMost() const;
  bool dropOldest(LossReason reason);
  void lose(Fragment& fragment, LossReason reason);
  bool apply(Fragment& fragment, FragmentEvent event);
  void settle(Fragment& fragment);
  void keep(Fragment& fragment);
  Replayed replayKept(Nanoseconds replay);
  bool forgetOldestKept();
  void popTerminal();

  LogLimits limits_;
  ChunkPool& pool_;
  OnLost onLost_;
  std::deque<Fragment> fragments_;  // ids are consecutive: front().id + index
  FragmentId nextId_ = 1;
  Cursor cursor_;
  std::size_t cursorSpan_ = 0;  // index and offset of cursor_.offset in the fragment's spans
  std::uint32_t cursorSpanOffset_ = 0;
  ChunkRef tail_;  // the chunk that is being filled
  std::uint32_t tailUsed_ = 0;
  LogTotals totals_;
  Nanoseconds kept_{0};  // media
  bool pinnedInTheWay_ = false;
};

}  // namespace kvs::store
