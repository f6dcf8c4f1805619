// SPDX-License-Identifier: Apache-2.0
#include "store/log_feed.h"

#include <algorithm>
#include <cassert>

namespace kvs::store {

Feed::Ahead LogFeed::ahead() {
  if (isInside()) return {log_.find(at_)};
  FragmentRecord* next = log_.nextFrom(entered_ ? at_ + 1 : at_);
  if (!next || (last_ && next->id > *last_)) return {};
  const bool isReady = !next->isGrowing() || log_.growing()->isSendable();
  return {isReady ? next : nullptr, !isReady};
}

/// One that was refused meanwhile has put the reader out.
bool LogFeed::isInside() const {
  const FragmentRecord* record = entered_ ? log_.find(at_) : nullptr;
  return record && isPinned(record->state);
}

void LogFeed::enter() {
  at_ = ahead().record->id;
  entered_ = true;
  place_ = {};
  log_.enter(at_);
}

Span LogFeed::read(std::size_t maxBytes) {
  assert(isInside());
  const std::deque<Span>& spans = log_.find(at_)->content->spans;
  if (place_.span < spans.size() && place_.inSpan == spans[place_.span].size &&
      place_.span + 1 < spans.size()) {
    ++place_.span;
    place_.inSpan = 0;
  }
  if (place_.span >= spans.size()) return {};
  const Span& span = spans[place_.span];
  const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(maxBytes, span.size - place_.inSpan));
  if (count == 0) return {};
  const Span piece{span.chunk, span.offset + place_.inSpan, count};
  place_.inSpan += count;
  place_.bytes += count;
  return piece;
}

bool LogFeed::atEndOfFragment() const {
  if (!isInside()) return false;
  const FragmentRecord& record = *log_.find(at_);
  return !record.isGrowing() && place_.bytes == record.content->bytes;
}

void LogFeed::leave() {
  assert(atEndOfFragment());
  log_.leave(at_);
  place_ = {};
}

void LogFeed::endBehind(Until until) {
  FragmentRecord* newest = log_.newest();
  last_ = newest ? newest->id : 0;
  const bool leavesOneOut = until == Until::whole && newest && newest->isGrowing();
  if (!leavesOneOut) return;
  const FragmentId next = isInside() ? at_ : entered_ ? at_ + 1 : at_;
  if (log_.nextFrom(next) != newest) --*last_;
}

FragmentLog::Replayed LogFeed::rewind(Nanoseconds replay) {
  const FragmentLog::Replayed replayed = log_.rewind(replay);
  at_ = 0;
  entered_ = false;
  place_ = {};
  last_.reset();
  return replayed;
}

LogTotals LogFeed::unsent() const {
  LogTotals left = log_.totals();
  const FragmentId passed = entered_ && !isInside() ? at_ + 1 : at_;
  for (const FragmentRecord& record : log_.fragments()) {
    if (record.id >= passed) break;
    if (isTerminal(record.state)) continue;
    left.take(record.total());
  }
  if (isInside()) left.bytes -= place_.bytes;
  return left;
}

}  // namespace kvs::store
