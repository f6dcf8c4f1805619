// SPDX-License-Identifier: Apache-2.0
#include "upload/session_body.h"

#include <algorithm>
#include <utility>

#include "mkv/cluster.h"
#include "mkv/tags.h"

namespace kvs::upload {

/// The lock is taken once, to find out what to give; blocks are copied without it.
net::BodyRead SessionBody::read(std::span<std::byte> room) {
  using Give = net::BodyRead::State;
  if (isDry_) return {Give::wait, 0};
  const Step last = gather(room.size());
  isDry_ = last == Step::wait;
  const std::size_t filled = pieces_.copyTo(room);
  if (filled > 0 && config_.tap) config_.tap->taken(room.first(filled));
  if (filled > 0) return {Give::data, filled};
  if (last != Step::end) return {Give::wait, 0};
  if (std::exchange(stage_, Stage::ended) != Stage::ended) observer_.onBodyEnd(headerChanged_);
  return {Give::end, 0};
}

/// Up to `room` bytes.
SessionBody::Step SessionBody::gather(std::size_t room) {
  const Lock lock(store_.mutex());
  while (room > 0) {
    if (pieces_.waiting() > 0) {
      room -= pieces_.giveRendered(room);
      continue;
    }
    store::Span block;
    const Step step = next(room, block);
    if (step == Step::wait || step == Step::end) return step;
    room -= pieces_.giveBlock(std::move(block));
  }
  return Step::rendered;
}

void SessionBody::render(ByteView bytes) {
  pieces_.render(bytes);
  count(bytes.size());
}

void SessionBody::finish(Finish how) {
  const Lock lock(store_.mutex());
  finish_ = how;
  isDry_ = false;
  using Until = store::Feed::Until;
  if (how == Finish::complete || how == Finish::everything)
    store_.feed().endBehind(how == Finish::complete ? Until::whole : Until::everything);
}

void SessionBody::accepted() {
  const Lock lock(store_.mutex());
  shown_.accepted();
}

bool SessionBody::isEnding() {
  const Lock lock(store_.mutex());
  return stage_ >= Stage::ending || (!store_.feed().isInside() && endsHere(store_.feed().ahead()));
}

Nanoseconds SessionBody::longestSent() const {
  const Lock lock(store_.mutex());
  Nanoseconds longest{0};
  for (const SentFragment& sent : sent_) {
    const store::FragmentLog* log = store_.feed().logOf(sent.id);
    if (log) longest = std::max(longest, log->lengthOf(sent.id, clock_.now()));
  }
  return longest;
}

void SessionBody::settle(store::FragmentId id) {
  std::erase_if(sent_, [id](const SentFragment& sent) { return sent.id == id; });
}

SessionBody::Step SessionBody::next(std::size_t room, store::Span& block) {
  if (stage_ == Stage::ended) return Step::end;
  if (stage_ == Stage::header) {
    stage_ = Stage::fragments;
    render(config_.header->bytes);
    return Step::rendered;
  }
  if (!store_.feed().isInside()) return atBoundary();
  block = store_.feed().read(room);
  count(block.size);
  if (block.size > 0) return Step::block;
  if (!store_.feed().atEndOfFragment()) return Step::wait;
  leave(*store_.feed().ahead().record);
  return Step::rendered;
}

SessionBody::Step SessionBody::atBoundary() {
  const store::FragmentRecord* before = unclosed_ ? store_.feed().find(*unclosed_) : nullptr;
  if (before && before->hasTail()) return closeFragment();  // it may come behind the last block's reading
  const store::Feed::Ahead ahead = store_.feed().ahead();
  if (stage_ == Stage::ending || endsHere(ahead)) return end();
  if (!ahead.record) return Step::wait;
  if (mustEndBefore(*ahead.record->content)) {
    headerChanged_ = true;
    return end();
  }
  const TimePoint now = clock_.now();
  if (!pacer_.mayEnter(now)) {
    observer_.onPaced(pacer_.nextAt());
    return Step::wait;
  }
  pacer_.entered(now);
  enter(*ahead.record);
  return Step::rendered;
}

/// Asked to end, and there is nothing more for this session behind the fragment that was left.
bool SessionBody::endsHere(const store::Feed::Ahead& ahead) const {
  if (finish_ == Finish::no || finish_ == Finish::fragment) return finish_ == Finish::fragment;
  return !ahead.record && !ahead.isToCome;
}

/// A Cluster of unknown size is closed by the next one. Behind a session's last there is none, so the mark
/// closes it: a service that keeps only what was closed would lose it.
SessionBody::Step SessionBody::end() {
  stage_ = Stage::ending;
  return unclosed_ ? closeFragment() : Step::end;
}

SessionBody::Step SessionBody::closeFragment() {
  store::FragmentRecord* fragment = store_.feed().find(*std::exchange(unclosed_, std::nullopt));
  const Bytes tail = fragment ? fragment->close() : Bytes();
  render(tail.empty() ? mkv::endOfFragmentTags({}) : tail);
  started_.reset();
  return Step::rendered;
}

bool SessionBody::mustEndBefore(const store::Fragment& fragment) {
  const std::uint64_t timecode = timecodeOf(fragment, fragment.firstTicks);
  const bool otherStart = !config_.absoluteTimes && !isSame(fragment.epoch, config_.epoch);
  // The service judges within one session that times rise (4004): a clock that was set back ends it.
  const bool stepsBack = greatest_ && timecode <= *greatest_;
  // It judges, too, how long after another a fragment begins; a session's last may be as short as it is.
  const bool tooSoon = started_ && timeOf(timecode) - timeOf(*started_) < store::shortestFragment;
  return !isSame(fragment.header, config_.header) || otherStart || stepsBack || tooSoon;
}

std::uint64_t SessionBody::timecodeOf(const store::Fragment& fragment, store::Ticks ticks) const {
  return fragment.epoch->wireTimecode(ticks, config_.absoluteTimes);
}

Milliseconds SessionBody::timeOf(std::uint64_t timecode) const {
  return config_.epoch->tie().scale * static_cast<std::int64_t>(timecode);
}

/// What the transport takes now, or next.
void SessionBody::count(std::size_t bytes) {
  media_.add(bytes, clock_.now());
}

void SessionBody::enter(const store::FragmentRecord& record) {
  const store::Fragment& fragment = *record.content;
  store_.feed().enter();
  ++media_.counts.fragmentsSent;
  const std::uint64_t timecode = timecodeOf(fragment, fragment.firstTicks);
  shown_.show(fragment.epoch);
  started_ = timecode;
  unclosed_.reset();  // by this Cluster
  if (!config_.acknowledged && !sent_.empty()) observer_.onFragmentSent(sent_.back());
  sent_.push_back({record.id, timeOf(timecode), fragment.since, clock_.now(), {}});
  if (!record.stripped) render(fragment.headTags);
  render(mkv::clusterHead(timecode));
}

void SessionBody::leave(const store::FragmentRecord& record) {
  unclosed_ = record.id;
  if (!sent_.empty() && sent_.back().id == record.id) sent_.back().left = clock_.now();
  media_.counts.framesSent += record.content->frames;
  greatest_ = timecodeOf(*record.content, record.content->lastTicks);
  store_.feed().leave();
}

}  // namespace kvs::upload
