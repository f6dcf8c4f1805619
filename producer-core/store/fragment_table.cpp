// SPDX-License-Identifier: Apache-2.0
#include "store/fragment_table.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace kvs::store {

namespace {

Amount amountOf(const Fragment& fragment) {
  return {fragment.bytes, fragment.duration, fragment.frames};
}

bool isWaiting(const FragmentRecord& record) {
  return !isTerminal(record.state);
}

void join(std::deque<Span>& spans, Span&& next) {
  const bool adjoins = !spans.empty() && spans.back().chunk == next.chunk &&
                       spans.back().offset + spans.back().size == next.offset;
  if (adjoins) {
    spans.back().size += next.size;
  } else {
    spans.push_back(std::move(next));
  }
}

}  // namespace

Amount FragmentRecord::total() const {
  return isTerminal(state) ? amount : amountOf(*content);
}

void FragmentRecord::replaceTail(Bytes tail) {
  const auto other = std::make_shared<Fragment>(*content);
  other->tail = std::move(tail);
  content = other;
}

Bytes FragmentRecord::close() {
  closed = true;
  return stripped || !content ? Bytes() : content->tail;
}

void LogTotals::add(const Amount& amount) {
  bytes += amount.bytes;
  duration += amount.duration;
  ++fragments;
}

void LogTotals::take(const Amount& amount) {
  bytes -= amount.bytes;
  duration -= amount.duration;
  --fragments;
}

// --- the one that grows ---

GrowingFragment& FragmentTable::open(SharedHeader header, SharedEpoch epoch, Ticks firstTicks) {
  assert(!growing_);
  growing_ = std::make_shared<GrowingFragment>();
  growing_->header = std::move(header);
  growing_->epoch = std::move(epoch);
  growing_->firstTicks = growing_->lastTicks = firstTicks;
  FragmentRecord& record = records_.emplace_back();
  record.id = nextId_++;
  record.content = growing_;
  ++totals_.fragments;
  return *growing_;
}

void FragmentTable::append(Block&& block, Ticks ticks, Nanoseconds extent) {
  assert(growing_ && block.isFull());
  GrowingFragment& fragment = *growing_;
  totals_.bytes += block.size();
  fragment.bytes += block.size();
  fragment.lastTicks = std::max(fragment.lastTicks, ticks);
  ++fragment.frames;
  if (extent > fragment.duration) {
    totals_.duration += extent - fragment.duration;
    fragment.duration = extent;
  }
  for (Span& span : std::move(block).takeSpans())
    join(fragment.spans, std::move(span));
}

void FragmentTable::seal() {
  if (!growing_) return;
  growing_->standIns.clear();
  apply(records_.back(), FragmentStep::seal);
  growing_.reset();
}

FragmentRecord& FragmentTable::adopt(SealedFragment fragment) {
  assert(!growing_);
  FragmentRecord& record = records_.emplace_back();
  record.id = nextId_++;
  record.state = FragmentState::sealed;
  totals_.add(amountOf(*fragment));
  record.content = std::move(fragment);
  return record;
}

// --- finding ---

FragmentRecord* FragmentTable::find(FragmentId id) {
  if (records_.empty() || id < records_.front().id || id > records_.back().id) return nullptr;
  return &records_[static_cast<std::size_t>(id - records_.front().id)];
}

FragmentRecord* FragmentTable::nextFrom(FragmentId id) {
  if (records_.empty()) return nullptr;
  const FragmentId past = id > records_.front().id ? id - records_.front().id : 0;
  if (past >= records_.size()) return nullptr;
  const auto begin = records_.begin() + static_cast<std::ptrdiff_t>(past);
  const auto found = std::find_if(begin, records_.end(), isWaiting);
  return found == records_.end() ? nullptr : &*found;
}

Nanoseconds FragmentTable::lengthOf(FragmentId id, TimePoint now) const {
  const FragmentRecord* record = find(id);
  if (!record || !record->content) return Nanoseconds{0};
  const FragmentRecord* next = find(id + 1);
  const TimePoint since = record->content->since;
  const TimePoint end = next && next->content ? next->content->since : record->isGrowing() ? now : since;
  return std::max<Nanoseconds>(record->content->duration, end - since);
}

/// An epoch takes a correction up once, however many fragments share it.
void FragmentTable::correct(Nanoseconds moved, Epoch::Correct which) {
  for (const FragmentRecord& record : records_) {
    if (record.content && record.content->epoch) record.content->epoch->correct(moved, which);
  }
}

// --- steps ---

bool FragmentTable::apply(FragmentRecord& record, FragmentStep step) {
  const auto next = nextState(record.state, step);
  if (!next) return false;
  record.state = *next;
  return true;
}

bool FragmentTable::enter(FragmentId id) {
  FragmentRecord* record = find(id);
  return record && apply(*record, FragmentStep::enter);
}

bool FragmentTable::leave(FragmentId id) {
  FragmentRecord* record = find(id);
  return record && apply(*record, FragmentStep::leave);
}

bool FragmentTable::markReceived(FragmentId id) {
  FragmentRecord* record = find(id);
  return record && apply(*record, FragmentStep::received);
}

bool FragmentTable::markPersisted(FragmentId id) {
  FragmentRecord* record = find(id);
  if (!record) return false;
  const bool held = isWaiting(*record);
  if (!apply(*record, FragmentStep::persisted)) return false;
  record->awaitsWord = false;
  if (held) {
    settle(*record);
    keep(*record);
  }
  popTerminal();
  return true;
}

bool FragmentTable::markRefused(FragmentId id) {
  FragmentRecord* record = find(id);
  if (!record || !isWaiting(*record) || !apply(*record, FragmentStep::refuse)) return false;
  settle(*record);
  record->content.reset();
  popTerminal();
  return true;
}

bool FragmentTable::release(FragmentId id) {
  FragmentRecord* record = find(id);
  if (!record || !apply(*record, FragmentStep::release)) return false;
  settle(*record);
  record->content.reset();
  popTerminal();
  return true;
}

bool FragmentTable::lose(FragmentRecord& record, LossReason reason) {
  const bool sent = record.isSent();
  if (!apply(record, FragmentStep::lose)) return false;
  record.awaitsWord = sent;
  record.lostFor = reason;
  settle(record);
  record.content.reset();
  popTerminal();
  return true;
}

/// It waits for nothing any more. The record still says how much it was.
void FragmentTable::settle(FragmentRecord& record) {
  record.amount = amountOf(*record.content);
  totals_.take(record.amount);
  if (record.content == growing_) growing_.reset();
}

FragmentTable::Replayed FragmentTable::rewindAll(Nanoseconds replay) {
  const Replayed replayed = replayKept(replay);
  for (FragmentRecord& record : records_) {
    record.closed = false;
    record.awaitsWord = false;  // an acknowledgement belongs to its session
    record.mayBeStored |= record.isSent();
    if (isWaiting(record)) apply(record, FragmentStep::rewind);
  }
  popTerminal();
  return replayed;
}

// --- what is durable, and held for a replay ---

void FragmentTable::keep(FragmentRecord& record) {
  if (keeping_.most == Nanoseconds{0}) return record.content.reset();
  record.kept = true;
  kept_ += record.amount.duration;
  while (kept_ > keeping_.most)
    forgetOldestKept();
}

bool FragmentTable::forgetOldestKept() {
  const auto oldest = std::ranges::find_if(records_, &FragmentRecord::kept);
  if (oldest == records_.end()) return false;
  oldest->kept = false;
  kept_ -= oldest->amount.duration;
  oldest->content.reset();
  popTerminal();
  return true;
}

void FragmentTable::forgetKept() {
  while (forgetOldestKept()) {
  }
}

/// The newest first, and whole ones only.
FragmentTable::Replayed FragmentTable::replayKept(Nanoseconds replay) {
  Replayed replayed;
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    if (!record->kept) continue;
    replay -= record->amount.duration;
    if (replay < Nanoseconds{0}) break;
    record->kept = false;
    kept_ -= record->amount.duration;
    record->mayBeStored = true;
    apply(*record, FragmentStep::replay);
    totals_.add(record->amount);
    ++replayed.fragments;
    replayed.frames += record->amount.frames;
    replayed.bytes += record->amount.bytes;
  }
  return replayed;
}

/// The head is freed while it is terminal; a lost fragment that was sent may still be confirmed, so
/// its empty record stays until its session ends.
void FragmentTable::popTerminal() {
  while (!records_.empty() && !isWaiting(records_.front()) && !records_.front().awaitsWord) {
    const FragmentRecord& front = records_.front();
    if (front.kept && keeping_.all) break;
    if (front.kept) kept_ -= front.amount.duration;
    records_.pop_front();
  }
  if (isEmpty()) onEmpty();
}

}  // namespace kvs::store
