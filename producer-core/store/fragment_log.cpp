// SPDX-License-Identifier: Apache-2.0
#include "store/fragment_log.h"

#include <algorithm>
#include <cassert>

namespace kvs::store {

FragmentLog::FragmentLog(LogLimits limits, ChunkPool& pool, OnLost onLost, FragmentId first)
    : FragmentTable(limits.keeping, first),
      limits_(std::move(limits)),
      share_(std::make_shared<StorageBudget>(limits_.storage)),
      pool_(pool),
      onLost_(std::move(onLost)) {}

// --- space ---

std::optional<Block> FragmentLog::reserve(std::size_t headSize, std::size_t payloadSize, bool mayDrop,
                                          std::size_t overdraft) {
  Block block;
  // The head never straddles: what is left of a chunk and too small for it stays unused.
  if (tail_ && chunkSize - tailUsed_ < headSize) tail_ = {};
  block.headSize_ = headSize;
  if (!grow(block, headSize + payloadSize, mayDrop, overdraft)) return std::nullopt;
  block.filled_ = block.writeOffset_ = headSize;
  if (!block.spans_.empty() && block.writeOffset_ == block.spans_.front().size) {
    block.writeSpan_ = 1;
    block.writeOffset_ = 0;
  }
  return block;
}

bool FragmentLog::extend(Block& block, std::size_t payloadSize, bool mayDrop, std::size_t overdraft) {
  assert(block.isFull());
  const std::size_t spans = block.spans_.size();
  if (!grow(block, payloadSize, mayDrop, overdraft)) return false;
  block.writeSpan_ = spans;
  block.writeOffset_ = 0;
  return true;
}

/// Nothing is dropped for a block that the whole budget could not hold.
bool FragmentLog::mayEverFit(std::size_t bytes) const {
  return bytes <= (limits_.storage->limit() + limits_.storage->lack()) / chunkSize * chunkSize;
}

bool FragmentLog::grow(Block& block, std::size_t bytes, bool mayDrop, std::size_t overdraft) {
  if (!mayEverFit(block.size_ + bytes)) return false;
  const std::size_t keepSpans = block.spans_.size();
  const std::size_t wanted = bytes;
  const std::uint32_t used = tailUsed_;
  const ChunkRef former = used < chunkSize ? tail_ : ChunkRef();
  while (bytes > 0) {
    if ((!tail_ || tailUsed_ == chunkSize) && !takeTail(mayDrop, overdraft)) {
      block.spans_.resize(keepSpans);
      if (former && !isEmpty()) {  // whoever asks again finds as much in it
        tail_ = former;
        tailUsed_ = used;
      }
      return false;
    }
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(bytes, chunkSize - tailUsed_));
    block.spans_.push_back({tail_, tailUsed_, count});
    tailUsed_ += count;
    bytes -= count;
  }
  block.size_ += wanted;
  return true;
}

bool FragmentLog::takeTail(bool mayDrop, std::size_t overdraft) {
  tail_ = {};
  tailUsed_ = 0;
  for (;;) {
    tail_ = pool_.take(share_, overdraft);
    if (tail_) return true;
    if (forgetOldestKept()) continue;
    const std::size_t lack = holdsOneAtMost() ? limits_.storage->lack() : 0;
    if (lack > overdraft) tail_ = pool_.take(share_, lack);
    if (tail_) return true;
    if (!mayDrop || !dropOldest(LossReason::storageFull)) return false;
  }
}

/// Beside the one that grows: a fragment on its way is not given up for the next, however small the budget.
bool FragmentLog::holdsOneAtMost() const {
  return totals().fragments <= (growing() ? 2u : 1u);
}

void FragmentLog::onEmpty() {
  tail_ = {};
  tailUsed_ = 0;
}

// --- giving up ---

bool FragmentLog::dropGrowing(LossReason reason) {
  if (!growing()) return true;
  FragmentRecord& record = *newest();
  if (isPinned(record.state)) {
    pinnedInTheWay_ = true;
    return false;
  }
  lose(record, reason);
  return true;
}

void FragmentLog::giveUpGrowing(LossReason reason) {
  if (!dropGrowing(reason)) growing()->broken = true;
}

bool FragmentLog::passesDuration() const {
  const Nanoseconds least = holdsOneAtMost() ? limits_.leastDuration : Nanoseconds{0};
  return totals().duration > std::max(limits_.duration, least);
}

void FragmentLog::trimToDuration() {
  while (passesDuration() && dropOldest(LossReason::durationReached)) {
  }
}

void FragmentLog::dropAll(LossReason reason) {
  while (dropOldest(reason)) {
  }
  dropGrowing(reason);
}

/// Oldest first among those not begun in this session, then among those sent; never the one that the reader
/// is in nor the one that grows.
bool FragmentLog::dropOldest(LossReason reason) {
  FragmentRecord* candidate = nullptr;
  for (FragmentRecord* record = oldest(); record; record = nextFrom(record->id + 1)) {
    if (record->isGrowing()) continue;
    if (record->state == FragmentState::sealed) {
      candidate = record;
      break;
    }
    if (isPinned(record->state)) {
      pinnedInTheWay_ = true;
    } else if (!candidate) {
      candidate = record;
    }
  }
  if (!candidate) return false;
  pinnedInTheWay_ = false;
  lose(*candidate, reason);
  return true;
}

void FragmentLog::lose(FragmentRecord& record, LossReason reason) {
  onLost_({record.id, *record.content, reason, record.isSent() || record.mayBeStored});
  FragmentTable::lose(record, reason);
}

FragmentLog::Replayed FragmentLog::rewind(Nanoseconds replay) {
  pinnedInTheWay_ = false;
  const Replayed replayed = rewindAll(replay);
  if (growing() && growing()->broken) dropGrowing(LossReason::storageFull);
  return replayed;
}

}  // namespace kvs::store
