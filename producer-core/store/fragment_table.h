// SPDX-License-Identifier: Apache-2.0
// Which fragments there are, and where each stands: the part of a log that knows neither memory nor its
// bounds. A fragment's record stays until nothing can happen to it any more.
#pragma once

#include <deque>
#include <memory>

#include "store/fragment.h"
#include "store/fragment_state.h"

namespace kvs::store {

using FragmentId = std::uint64_t;  ///< rises by one with each fragment of a log; no two logs share one

/// Why whole fragments had to go.
enum class LossReason : std::uint8_t { storageFull, durationReached, stopped };

struct Amount {
  std::uint64_t bytes = 0;  ///< payload and block heads
  Nanoseconds duration{0};
  std::uint32_t frames = 0;
};

struct FragmentRecord {
  FragmentId id = 0;
  FragmentState state = FragmentState::open;
  SealedFragment content;  ///< null once its memory was given back; may still grow: see isGrowing()
  Amount amount;           ///< what it was, also then; of one that grows unset
  LossReason lostFor = LossReason::storageFull;  ///< of a lost one
  bool stripped = false;     ///< it is sent without its tags, since the service will not have them
  bool closed = false;       ///< by the end-of-fragment mark, in the session that is open
  bool awaitsWord = false;   ///< lost after it was sent: the record stays, since it may still be confirmed
  bool mayBeStored = false;  ///< sent whole in a session that ended before the word on it came
  bool kept = false;         ///< durable, and still held

  bool isGrowing() const { return store::isGrowing(state); }
  /// What it is or was.
  Amount total() const;
  /// In the session that is open, and not confirmed.
  bool isSent() const { return state == FragmentState::sent || state == FragmentState::received; }
  /// Tags may still be put behind its blocks.
  bool takesTail() const { return content && !closed && !isTerminal(state); }
  bool hasTail() const { return content && !content->tail.empty(); }
  /// Of a sealed one: it is another from now on, and whoever has read the former goes on reading that.
  void replaceTail(Bytes tail);
  /// It is closed by what this gives; empty: by the mark alone.
  Bytes close();
};

struct LogTotals {
  std::uint64_t bytes = 0;  ///< payload and block heads not yet durable
  Nanoseconds duration{0};
  std::size_t fragments = 0;

  void add(const Amount& amount);
  void take(const Amount& amount);
};

/// How much durable media stays for a replay, as long as nothing else needs its room. Unless `all` only what
/// lies behind a fragment that is not durable yet, and so costs nobody its place.
struct Keeping {
  Nanoseconds most{0};
  bool all = false;
};

/// Used under the stream's lock.
class FragmentTable {
 public:
  explicit FragmentTable(Keeping keeping, FragmentId first) : keeping_(keeping), nextId_(first) {}
  virtual ~FragmentTable() = default;
  FragmentTable(const FragmentTable&) = delete;
  FragmentTable& operator=(const FragmentTable&) = delete;

  // --- the one that grows ---

  /// Begins a fragment; the one before must be sealed.
  GrowingFragment& open(SharedHeader header, SharedEpoch epoch, Ticks firstTicks);
  GrowingFragment* growing() { return growing_.get(); }
  const GrowingFragment* growing() const { return growing_.get(); }
  /// Appends a full block to it. `extent` is the media time from the fragment's start to the end of this
  /// frame: what the fragment counts against the budget of time.
  void append(Block&& block, Ticks ticks, Nanoseconds extent);
  void seal();
  /// One that came from elsewhere, behind those that there are; none may be growing.
  FragmentRecord& adopt(SealedFragment fragment);

  // --- finding ---

  FragmentRecord* find(FragmentId id);
  const FragmentRecord* find(FragmentId id) const { return const_cast<FragmentTable*>(this)->find(id); }
  /// The first from `id` on that waits to be sent or confirmed; null where there is none. Holes (refused,
  /// lost, persisted, released) are stepped over.
  FragmentRecord* nextFrom(FragmentId id);
  /// The one that was opened last; null where its record has gone.
  FragmentRecord* newest() { return records_.empty() ? nullptr : &records_.back(); }
  /// The oldest that is neither durable nor given up; null where there is none.
  FragmentRecord* oldest() { return nextFrom(0); }
  const std::deque<FragmentRecord>& fragments() const { return records_; }

  // --- steps; false where the fragment is unknown or the step has no place there ---

  bool enter(FragmentId id);
  bool leave(FragmentId id);
  bool markReceived(FragmentId id);
  bool markPersisted(FragmentId id);
  bool markRefused(FragmentId id);
  /// Something else answers for it from now on.
  bool release(FragmentId id);
  /// Frees what is kept for a replay.
  void forgetKept();

  /// The wall clock has been put right: so are the times that were taken from it.
  void correct(Nanoseconds moved, Epoch::Correct which);
  /// How long a fragment is, or has been in coming until now, whichever is longer.
  Nanoseconds lengthOf(FragmentId id, TimePoint now) const;
  const LogTotals& totals() const { return totals_; }
  bool isEmpty() const { return totals_.fragments == 0; }

  struct Replayed {
    std::uint64_t fragments = 0;
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;
  };

 protected:
  /// Gives a record up that may be given up now; false otherwise.
  bool lose(FragmentRecord& record, LossReason reason);
  /// Everything begun and not durable waits again, and of what is durable and still held the last `replay`.
  Replayed rewindAll(Nanoseconds replay);
  bool forgetOldestKept();
  /// There is no fragment left that waits for anything.
  virtual void onEmpty() = 0;

 private:
  bool apply(FragmentRecord& record, FragmentStep step);
  void settle(FragmentRecord& record);
  void keep(FragmentRecord& record);
  Replayed replayKept(Nanoseconds replay);
  void popTerminal();

  const Keeping keeping_;
  std::deque<FragmentRecord> records_;        // ids are consecutive: front().id + index
  std::shared_ptr<GrowingFragment> growing_;  // content of the last record
  FragmentId nextId_;
  LogTotals totals_;
  Nanoseconds kept_{0};  // media
};

}  // namespace kvs::store
