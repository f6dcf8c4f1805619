// SPDX-License-Identifier: Apache-2.0
#include "store/live_fragments.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kvslocal {
namespace {

constexpr std::size_t mostWaiting = 256;

using Kind = FragmentNews::Kind;

}  // namespace

Subscription::~Subscription() {
  live_.unsubscribe(*this);
}

std::vector<FragmentNews> Subscription::take() {
  const auto taken = std::exchange(waiting_, {});
  return {taken.begin(), taken.end()};
}

void Subscription::add(const FragmentNews& news) {
  const bool first = waiting_.empty();
  const auto older = std::find_if(waiting_.begin(), waiting_.end(), [&](const FragmentNews& one) {
    return one.kind == Kind::grew && one.fragment == news.fragment;
  });
  if (news.kind == Kind::grew && older != waiting_.end()) {
    older->bytes = news.bytes;
  } else if (waiting_.size() < mostWaiting) {
    waiting_.push_back(news);
  } else {
    waiting_ = {FragmentNews{Kind::missed, nullptr, 0, nullptr}, news};
  }
  if (first) wake_();
}

std::unique_ptr<Subscription> LiveFragments::subscribe(std::int64_t streamId, std::function<void()> wake) {
  std::unique_ptr<Subscription> made(new Subscription(*this, streamId, std::move(wake)));
  subscriptions_.emplace(streamId, made.get());
  for (const auto& [number, grown] : growing_) {
    if (grown.fragment->streamId != streamId) continue;
    made->waiting_.push_back({Kind::began, grown.fragment, 0, nullptr});
    if (grown.bytes > 0) made->waiting_.push_back(grown);
  }
  return made;
}

void LiveFragments::unsubscribe(const Subscription& subscription) {
  auto [at, end] = subscriptions_.equal_range(subscription.streamId_);
  while (at != end && at->second != &subscription)
    ++at;
  if (at != end) subscriptions_.erase(at);
}

void LiveFragments::began(std::shared_ptr<const FragmentBegun> fragment) {
  growing_[fragment->summary.counter] = {Kind::grew, fragment, 0, nullptr};
  publish({Kind::began, std::move(fragment), 0, nullptr});
}

void LiveFragments::grew(const FragmentBegun& fragment, std::uint64_t bytes) {
  const auto found = growing_.find(fragment.summary.counter);
  if (found == growing_.end()) return;  // it broke off in the meantime
  found->second.bytes = bytes;
  publish(found->second);
}

void LiveFragments::stored(const FragmentBegun& fragment, const FragmentSummary& whole) {
  end(fragment, Kind::stored, std::make_shared<const FragmentSummary>(whole));
}

void LiveFragments::brokeOff(const FragmentBegun& fragment) {
  end(fragment, Kind::brokeOff, nullptr);
}

void LiveFragments::end(const FragmentBegun& fragment, Kind how,
                        std::shared_ptr<const FragmentSummary> whole) {
  const auto found = growing_.extract(fragment.summary.counter);
  if (!found) return;
  FragmentNews news = found.mapped();
  news.kind = how;
  if (whole) news.bytes = whole->bytes;
  news.whole = std::move(whole);
  publish(news);
}

void LiveFragments::publish(const FragmentNews& news) const {
  const auto [begin, end] = subscriptions_.equal_range(news.fragment->streamId);
  for (auto at = begin; at != end; ++at)
    at->second->add(news);
}

}  // namespace kvslocal
