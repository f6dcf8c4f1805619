// SPDX-License-Identifier: Apache-2.0
// One log as a feed: a cursor that follows the writer, and goes back when its session is over.
#pragma once

#include <optional>

#include "store/feed.h"

namespace kvs::store {

class LogFeed final : public Feed {
 public:
  explicit LogFeed(FragmentLog& log) : logs_{&log}, log_(log) {}

  Ahead ahead() override;
  bool isInside() const override;
  void enter() override;
  Span read(std::size_t maxBytes) override;
  bool atEndOfFragment() const override;
  void leave() override;

  void endBehind(Until until) override;
  FragmentLog::Replayed rewind(Nanoseconds replay = Nanoseconds{0}) override;

  std::span<FragmentLog* const> logs() const override { return logs_; }
  LogTotals unsent() const override;

 private:
  /// How much of the fragment was read: bytes, and where that is in its spans.
  struct Place {
    std::uint64_t bytes = 0;
    std::size_t span = 0;
    std::uint32_t inSpan = 0;
  };

  FragmentLog* const logs_[1];
  FragmentLog& log_;
  FragmentId at_ = 0;  ///< the fragment that was entered last, or the first that may be next
  bool entered_ = false;
  Place place_;
  std::optional<FragmentId> last_;  ///< of the session
};

}  // namespace kvs::store
