// SPDX-License-Identifier: Apache-2.0
#include "feeds.h"

#include <utility>

namespace kvs::sim {

namespace {

constexpr Milliseconds longestDelay{3000};
constexpr store::FragmentId firstOfBacklog = store::FragmentId{1} << 32;

store::LogLimits backlogLimits() {
  store::LogLimits limits;
  limits.storage = std::make_shared<store::StorageBudget>(std::size_t{1} << 30);
  return limits;
}

void add(store::LogTotals& totals, const store::LogTotals& more) {
  totals.bytes += more.bytes;
  totals.duration += more.duration;
  totals.fragments += more.fragments;
}

}  // namespace

// --- what comes late ---

store::Feed::Ahead DelayedFeed::ahead() {
  const Ahead ahead = inner_->ahead();
  if (!ahead.record || isInside()) return ahead;
  if (std::exchange(fetched_, ahead.record->id) != ahead.record->id) delay();
  return isLate() ? Ahead{nullptr, true} : ahead;
}

store::Span DelayedFeed::read(std::size_t maxBytes) {
  if (isLate()) return {};
  if (random_.next() % 64 == 0) delay();
  return isLate() ? store::Span() : inner_->read(maxBytes);
}

store::FragmentLog::Replayed DelayedFeed::rewind(Nanoseconds replay) {
  fetched_.reset();
  readyAt_ = {};
  return inner_->rewind(replay);
}

bool DelayedFeed::isLate() {
  return clock_.now() < readyAt_;
}

/// Mostly not at all: with less than a second a fragment there would be no catching up.
void DelayedFeed::delay() {
  if (random_.next() % 4 != 0) return;
  readyAt_ = clock_.now() + random_.upTo(longestDelay);
  loop_.at(readyAt_, [this, lives = std::weak_ptr(lives_)] {
    if (lives.lock()) more();
  });
}

// --- two logs ---

TwoLogFeed::TwoLogFeed(store::FragmentLog& live, store::FragmentLog::OnLost onLost, std::uint64_t seed)
    : live_(live), backlog_(backlogLimits(), pool_, std::move(onLost), firstOfBacklog), random_(seed) {}

store::Feed& TwoLogFeed::current() {
  if (older_.isInside()) return older_;
  if (newer_.isInside()) return newer_;
  const Ahead old = older_.ahead();
  return old.record || old.isToCome ? older_ : newer_;
}

store::Feed::Ahead TwoLogFeed::ahead() {
  return current().ahead();
}

void TwoLogFeed::enter() {
  current().enter();
}

void TwoLogFeed::endBehind(Until until) {
  older_.endBehind(until);
  newer_.endBehind(until);
}

store::FragmentLog::Replayed TwoLogFeed::rewind(Nanoseconds replay) {
  auto all = older_.rewind(replay);
  const auto more = newer_.rewind(replay);
  all.fragments += more.fragments;
  all.frames += more.frames;
  all.bytes += more.bytes;
  for (auto count = random_.next() % 4; count > 0; --count) {
    const store::FragmentRecord* oldest = live_.oldest();
    if (!oldest || oldest->state != store::FragmentState::sealed) break;
    move(*oldest);
  }
  return all;
}

void TwoLogFeed::move(const store::FragmentRecord& record) {
  store::FragmentRecord& moved = backlog_.adopt(copy(*record.content));
  moved.stripped = record.stripped;
  moved.mayBeStored = record.mayBeStored;
  live_.release(record.id);
}

/// As if its bytes had been written and read back. An epoch that may still be corrected is known by others.
store::SealedFragment TwoLogFeed::copy(const store::Fragment& fragment) {
  auto made = std::make_shared<store::Fragment>(fragment);
  made->header = std::make_shared<const store::Header>(*fragment.header);
  if (fragment.epoch->tie().frozen) made->epoch = std::make_shared<store::Epoch>(fragment.epoch->tie());
  auto block = backlog_.reserve(0, fragment.bytes, false);
  for (const store::Span& span : fragment.spans)
    block->write(span.view());
  made->spans.clear();
  for (store::Span& span : std::move(*block).takeSpans())
    made->spans.push_back(std::move(span));
  return made;
}

store::LogTotals TwoLogFeed::unsent() const {
  store::LogTotals all = older_.unsent();
  add(all, newer_.unsent());
  return all;
}

std::unique_ptr<store::Feed> makeFeed(const Plan& plan, store::FragmentLog& live,
                                      const store::FragmentLog::OnLost& onLost, net::Loop& loop,
                                      const Clock& clock) {
  std::unique_ptr<store::Feed> feed;
  if (plan.twoLogs) {
    feed = std::make_unique<TwoLogFeed>(live, onLost, plan.seed);
  } else {
    feed = std::make_unique<store::LogFeed>(live);
  }
  if (plan.delayed) feed = std::make_unique<DelayedFeed>(std::move(feed), loop, clock, plan.seed);
  return feed;
}

}  // namespace kvs::sim
