// SPDX-License-Identifier: Apache-2.0
// Feeds that are not the log alone: one that has to fetch what it is asked for, and one with an older log
// behind it, as a spool on disk would be both.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "base/random.h"
#include "net/loop.h"
#include "plan.h"
#include "store/log_feed.h"

namespace kvs::sim {

/// Gives what another feed has, but each fragment, and now and then a part of one, up to three seconds late.
class DelayedFeed final : public store::Feed {
 public:
  DelayedFeed(std::unique_ptr<store::Feed> inner, net::Loop& loop, const Clock& clock, std::uint64_t seed)
      : inner_(std::move(inner)), loop_(loop), clock_(clock), random_(seed) {}

  Ahead ahead() override;
  bool isInside() const override { return inner_->isInside(); }
  void enter() override { inner_->enter(); }
  store::Span read(std::size_t maxBytes) override;
  bool atEndOfFragment() const override { return inner_->atEndOfFragment(); }
  void leave() override { inner_->leave(); }

  void endBehind(Until until) override { inner_->endBehind(until); }
  store::FragmentLog::Replayed rewind(Nanoseconds replay) override;

  std::span<store::FragmentLog* const> logs() const override { return inner_->logs(); }
  store::LogTotals unsent() const override { return inner_->unsent(); }

 private:
  bool isLate();
  void delay();

  std::unique_ptr<store::Feed> inner_;
  net::Loop& loop_;
  const Clock& clock_;
  Random random_;
  std::optional<store::FragmentId> fetched_;  ///< the last that was asked for
  TimePoint readyAt_{};
  const std::shared_ptr<bool> lives_ = std::make_shared<bool>(true);
};

/// Whenever a session has ended, the oldest that waits moves from the live log to another, which has memory
/// of its own and knows of a fragment what its bytes say. The older log is read first.
class TwoLogFeed final : public store::Feed {
 public:
  TwoLogFeed(store::FragmentLog& live, store::FragmentLog::OnLost onLost, std::uint64_t seed);

  Ahead ahead() override;
  bool isInside() const override { return older_.isInside() || newer_.isInside(); }
  void enter() override;
  store::Span read(std::size_t maxBytes) override { return current().read(maxBytes); }
  bool atEndOfFragment() const override { return older_.atEndOfFragment() || newer_.atEndOfFragment(); }
  void leave() override { current().leave(); }

  void endBehind(Until until) override;
  store::FragmentLog::Replayed rewind(Nanoseconds replay) override;

  std::span<store::FragmentLog* const> logs() const override { return logs_; }
  store::LogTotals unsent() const override;

 private:
  store::Feed& current();
  void move(const store::FragmentRecord& record);
  store::SealedFragment copy(const store::Fragment& fragment);

  store::ChunkPool pool_;
  store::FragmentLog& live_;
  store::FragmentLog backlog_;
  store::LogFeed older_{backlog_};
  store::LogFeed newer_{live_};
  store::FragmentLog* const logs_[2] = {&backlog_, &live_};
  Random random_;
};

/// What the plan asks for: one of them, one behind the other, or the log as it is.
std::unique_ptr<store::Feed> makeFeed(const Plan& plan, store::FragmentLog& live,
                                      const store::FragmentLog::OnLost& onLost, net::Loop& loop,
                                      const Clock& clock);

}  // namespace kvs::sim
