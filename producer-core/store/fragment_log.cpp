// SPDX-License-Identifier: Apache-2.0
#include "store/fragment_log.h"

#include <algorithm>
#include <cassert>

namespace kvs::store {

FragmentLog::FragmentLog(LogLimits limits, ChunkPool& pool, OnLost onLost)
    : limits_(std::move(limits)), pool_(pool), onLost_(std::move(onLost)) {}

// --- writing ---

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
  while (bytes > 0) {
    if ((!tail_ || tailUsed_ == chunkSize) && !takeTail(mayDrop, overdraft)) {
      block.spans_.resize(keepSpans);
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
    tail_ = pool_.take(limits_.storage, overdraft);
    if (tail_) return true;
    if (forgetOldestKept()) continue;
    const std::size_t lack = holdsOneAtMost() ? limits_.storage->lack() : 0;
    if (lack > overdraft) tail_ = pool_.take(limits_.storage, lack);
    if (tail_) return true;
    if (!mayDrop || !dropOldest(LossReason::storageFull)) return false;
  }
}

/// Beside the one that grows: a fragment on its way is not given up for the next, however small the budget.
bool FragmentLog::holdsOneAtMost() const {
  return totals_.fragments <= (growing() ? 2u : 1u);
}

Fragment& FragmentLog::open(SharedHeader header, SharedEpoch epoch, Ticks firstTicks) {
  assert(!growing());
  Fragment& fragment = fragments_.emplace_back();
  fragment.id = nextId_++;
  fragment.header = std::move(header);
  fragment.epoch = std::move(epoch);
  fragment.firstTicks = fragment.lastTicks = firstTicks;
  ++totals_.fragments;
  return fragment;
}

void FragmentLog::append(Block&& block, Ticks ticks, Nanoseconds extent) {
  Fragment* fragment = growing();
  assert(fragment && block.isFull());
  for (Span& span : block.spans_) {
    const bool adjoins = !fragment->spans.empty() && fragment->spans.back().chunk == span.chunk &&
                         fragment->spans.back().offset + fragment->spans.back().size == span.offset;
    if (adjoins) {
      fragment->spans.back().size += span.size;
    } else {
      fragment->spans.push_back(std::move(span));
    }
  }
  fragment->bytes += block.size_;
  fragment->lastTicks = std::max(fragment->lastTicks, ticks);
  ++fragment->frames;
  totals_.bytes += block.size_;
  if (extent > fragment->duration) {
    totals_.duration += extent - fragment->duration;
    fragment->duration = extent;
  }
}

void FragmentLog::seal() {
  Fragment* fragment = growing();
  if (!fragment) return;
  fragment->growing = false;
  apply(*fragment, FragmentEvent::seal);
}

Fragment* FragmentLog::growing() {
  return !fragments_.empty() && fragments_.back().growing ? &fragments_.back() : nullptr;
}

bool FragmentLog::dropGrowing(LossReason reason) {
  Fragment* fragment = growing();
  if (!fragment) return true;
  if (fragment->state != FragmentState::open) {
    pinnedInTheWay_ = true;
    return false;
  }
  lose(*fragment, reason);
  popTerminal();
  return true;
}

// --- reading ---

Fragment* FragmentLog::atCursor() {
  for (;;) {
    Fragment* fragment = find(std::max(cursor_.fragment, fragments_.empty() ? 0 : fragments_.front().id));
    if (!fragment) return nullptr;
    if (fragment->id == cursor_.fragment && cursor_.inside) return fragment;
    cursor_ = {fragment->id, 0, false};
    if (!isTerminal(fragment->state)) return fragment;
    ++cursor_.fragment;
  }
}

void FragmentLog::enter() {
  Fragment* fragment = atCursor();
  assert(fragment && !cursor_.inside);
  apply(*fragment, FragmentEvent::enter);
  cursor_.inside = true;
  cursor_.offset = 0;
  cursorSpan_ = 0;
  cursorSpanOffset_ = 0;
}

Span FragmentLog::read(std::size_t maxBytes) {
  assert(cursor_.inside);
  const Fragment& fragment = *find(cursor_.fragment);
  if (cursorSpan_ < fragment.spans.size() && cursorSpanOffset_ == fragment.spans[cursorSpan_].size &&
      cursorSpan_ + 1 < fragment.spans.size()) {
    ++cursorSpan_;
    cursorSpanOffset_ = 0;
  }
  if (cursorSpan_ >= fragment.spans.size()) return {};
  const Span& span = fragment.spans[cursorSpan_];
  const auto count =
      static_cast<std::uint32_t>(std::min<std::size_t>(maxBytes, span.size - cursorSpanOffset_));
  if (count == 0) return {};
  Span piece{span.chunk, span.offset + cursorSpanOffset_, count};
  cursorSpanOffset_ += count;
  cursor_.offset += count;
  return piece;
}

bool FragmentLog::atEndOfFragment() const {
  if (!cursor_.inside) return false;
  const Fragment& fragment = *const_cast<FragmentLog*>(this)->find(cursor_.fragment);
  return !fragment.growing && cursor_.offset == fragment.bytes;
}

void FragmentLog::leave() {
  assert(atEndOfFragment());
  apply(*find(cursor_.fragment), FragmentEvent::leave);
  cursor_ = {cursor_.fragment + 1, 0, false};
}

FragmentLog::Replayed FragmentLog::rewind(Nanoseconds replay) {
  pinnedInTheWay_ = false;
  const Replayed replayed = replayKept(replay);
  for (Fragment& fragment : fragments_) {
    fragment.closed = false;
    fragment.awaitsWord = false;  // an acknowledgement belongs to its session
    fragment.mayBeStored |= fragment.isSent();
    if (!isTerminal(fragment.state)) apply(fragment, FragmentEvent::rewind);
  }
  popTerminal();
  cursor_ = {fragments_.empty() ? nextId_ : fragments_.front().id, 0, false};
  return replayed;
}

// --- acknowledgements and loss ---

Fragment* FragmentLog::find(FragmentId id) {
  if (fragments_.empty() || id < fragments_.front().id || id > fragments_.back().id) return nullptr;
  return &fragments_[static_cast<std::size_t>(id - fragments_.front().id)];
}

Fragment* FragmentLog::oldest() {
  const auto it = std::ranges::find_if(fragments_, [](const Fragment& f) { return !isTerminal(f.state); });
  return it == fragments_.end() ? nullptr : &*it;
}

bool FragmentLog::markReceived(FragmentId id) {
  Fragment* fragment = find(id);
  return fragment && apply(*fragment, FragmentEvent::received);
}

bool FragmentLog::markPersisted(FragmentId id) {
  Fragment* fragment = find(id);
  if (!fragment) return false;
  const bool held = !isTerminal(fragment->state);
  if (!apply(*fragment, FragmentEvent::persisted)) return false;
  fragment->awaitsWord = false;
  if (held) {
    settle(*fragment);
    keep(*fragment);
  }
  popTerminal();
  return true;
}

bool FragmentLog::markRefused(FragmentId id) {
  Fragment* fragment = find(id);
  if (!fragment || isTerminal(fragment->state) || !apply(*fragment, FragmentEvent::refuse)) return false;
  if (cursor_.inside && cursor_.fragment == id) cursor_ = {id + 1, 0, false};
  settle(*fragment);
  fragment->spans.clear();
  popTerminal();
  return true;
}

bool FragmentLog::passesDuration() const {
  const Nanoseconds least = holdsOneAtMost() ? limits_.leastDuration : Nanoseconds{0};
  return totals_.duration > std::max(limits_.duration, least);
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

/// Oldest first among those not begun in this session, then among those sent; never the one under
/// the cursor nor the one that grows.
bool FragmentLog::dropOldest(LossReason reason) {
  Fragment* candidate = nullptr;
  for (Fragment& fragment : fragments_) {
    if (fragment.growing || isTerminal(fragment.state)) continue;
    if (fragment.state == FragmentState::sealed) {
      candidate = &fragment;
      break;
    }
    if (fragment.state == FragmentState::sending) {
      pinnedInTheWay_ = true;
    } else if (!candidate) {
      candidate = &fragment;
    }
  }
  if (!candidate) return false;
  pinnedInTheWay_ = false;
  lose(*candidate, reason);
  popTerminal();
  return true;
}

void FragmentLog::lose(Fragment& fragment, LossReason reason) {
  const bool sent = fragment.isSent();
  if (!apply(fragment, FragmentEvent::lose)) return;
  fragment.growing = false;
  fragment.awaitsWord = sent;
  fragment.lostFor = reason;
  onLost_(fragment, reason, sent || fragment.mayBeStored);
  settle(fragment);
  fragment.spans.clear();
}

bool FragmentLog::apply(Fragment& fragment, FragmentEvent event) {
  const auto next = nextState(fragment.state, event, fragment.growing);
  if (!next) return false;
  fragment.state = *next;
  return true;
}

/// It waits for nothing any more. The record still says how much it was.
void FragmentLog::settle(Fragment& fragment) {
  totals_.bytes -= fragment.bytes;
  totals_.duration -= fragment.duration;
  --totals_.fragments;
  fragment.growing = false;
}

// --- what is durable, and held for a replay ---

void FragmentLog::keep(Fragment& fragment) {
  if (limits_.keep == Nanoseconds{0}) return fragment.spans.clear();
  fragment.kept = true;
  kept_ += fragment.duration;
  while (kept_ > limits_.keep)
    forgetOldestKept();
}

bool FragmentLog::forgetOldestKept() {
  const auto oldest = std::ranges::find_if(fragments_, &Fragment::kept);
  if (oldest == fragments_.end()) return false;
  oldest->kept = false;
  kept_ -= oldest->duration;
  oldest->spans.clear();
  popTerminal();
  return true;
}

void FragmentLog::forgetKept() {
  while (forgetOldestKept()) {
  }
}

/// The newest first, and whole ones only.
FragmentLog::Replayed FragmentLog::replayKept(Nanoseconds replay) {
  Replayed replayed;
  for (auto fragment = fragments_.rbegin(); fragment != fragments_.rend(); ++fragment) {
    if (!fragment->kept) continue;
    replay -= fragment->duration;
    if (replay < Nanoseconds{0}) break;
    fragment->kept = false;
    kept_ -= fragment->duration;
    fragment->mayBeStored = true;
    apply(*fragment, FragmentEvent::replay);
    totals_.bytes += fragment->bytes;
    totals_.duration += fragment->duration;
    ++totals_.fragments;
    ++replayed.fragments;
    replayed.frames += fragment->frames;
    replayed.bytes += fragment->bytes;
  }
  return replayed;
}

/// An epoch takes a correction up once, however many fragments share it.
void FragmentLog::correct(Nanoseconds moved, Epoch::Correct which) {
  for (Fragment& fragment : fragments_) {
    if (fragment.epoch) fragment.epoch->correct(moved, which);
  }
}

LogTotals FragmentLog::unsent() const {
  LogTotals left = totals_;
  for (const Fragment& fragment : fragments_) {
    if (fragment.id >= cursor_.fragment) break;
    if (isTerminal(fragment.state)) continue;
    left.bytes -= fragment.bytes;
    left.duration -= fragment.duration;
    --left.fragments;
  }
  left.bytes -= std::min(left.bytes, cursor_.offset);
  return left;
}

/// The head is freed while it is terminal; a lost fragment that was sent may still be confirmed, so
/// its empty record stays until its session ends.
void FragmentLog::popTerminal() {
  while (!fragments_.empty() && isTerminal(fragments_.front().state) && !fragments_.front().awaitsWord) {
    Fragment& front = fragments_.front();
    if (front.kept && limits_.keepAll) break;
    if (front.kept) kept_ -= front.duration;
    fragments_.pop_front();
  }
  if (isEmpty()) {
    tail_ = {};
    tailUsed_ = 0;
  }
}

}  // namespace kvs::store
