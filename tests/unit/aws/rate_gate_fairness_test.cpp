// SPDX-License-Identifier: Apache-2.0
// Hundreds of streams at one gate, in virtual time: some call again as soon as they may, some give up while
// they wait. Nobody waits longer than those before him take, and the rate holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "aws/rate_gate.h"
#include "base/random.h"

namespace kvs::aws {
namespace {

using namespace std::chrono_literals;

constexpr int perSecond = 20;
constexpr Nanoseconds interval = Nanoseconds(1s) / perSecond;
constexpr TimePoint start{1000h};

/// A stream with at most one call in line, as StreamCore has it.
struct Caller {
  bool inLine = false;
  TimePoint place{};
  TimePoint cameAt{};
  std::size_t before = 0;  // calls in line when it came
  Nanoseconds longestWait{0};
  int calls = 0;
};

class Line {
 public:
  Line(std::size_t callers, std::uint64_t seed) : callers_(callers), random_(seed) {}

  Caller& operator[](std::size_t which) { return callers_[which]; }
  const std::vector<TimePoint>& made() const { return made_; }
  TimePoint now() const { return now_; }
  std::uint64_t draw(std::uint64_t below) { return random_.next() % below; }

  void come(std::size_t which) {
    Caller& caller = callers_[which];
    caller.before = static_cast<std::size_t>(std::ranges::count_if(callers_, &Caller::inLine));
    caller.cameAt = now_;
    caller.inLine = true;
    caller.place = gate_.reserve(now_);
    EXPECT_GE(caller.place, now_);
    // What is full of calls made already takes one interval more.
    EXPECT_LE(caller.place - now_, interval * static_cast<int>(caller.before + 1)) << "put behind others";
  }
  void giveUp(std::size_t which) {
    if (std::exchange(callers_[which].inLine, false)) gate_.giveBack(callers_[which].place);
  }
  /// The next call is made; who made it.
  std::optional<std::size_t> next() {
    const auto order = [](const Caller& a, const Caller& b) {
      return a.inLine != b.inLine ? a.inLine : a.place < b.place;
    };
    const auto first = std::ranges::min_element(callers_, order);
    if (!first->inLine) return std::nullopt;
    now_ = std::max(now_, first->place);
    made_.push_back(now_);
    first->inLine = false;
    ++first->calls;
    first->longestWait = std::max(first->longestWait, now_ - first->cameAt);
    return static_cast<std::size_t>(first - callers_.begin());
  }
  void pass(Nanoseconds time) { now_ += time; }
  void expectRate(int burst) const {
    const auto most = static_cast<std::size_t>(perSecond + burst);
    for (std::size_t i = 0; i + most < made_.size(); ++i)
      ASSERT_GE(made_[i + most] - made_[i], 1s) << i;
  }

 private:
  RateGate gate_{perSecond, 1};
  std::vector<Caller> callers_;
  Random random_;
  std::vector<TimePoint> made_;
  TimePoint now_ = start;
};

TEST(RateGateFairness, AStreamThatCallsOnceIsServedAmongHundredsThatCallAtOnceAgain) {
  Line line(400, 1);
  for (std::size_t i = 1; i < 400; ++i)
    line.come(i);
  for (int round = 0; round < 20; ++round) {
    line.come(0);
    for (;;) {
      const auto who = line.next();
      ASSERT_TRUE(who);
      if (*who == 0) break;
      line.come(*who);
    }
  }
  EXPECT_EQ(line[0].calls, 20);
  EXPECT_LE(line[0].longestWait, interval * 401);
}

TEST(RateGateFairness, RetriesGoToTheEndAndAllAreServedEquallyOften) {
  Line line(300, 2);
  for (std::size_t i = 0; i < 300; ++i)
    line.come(i);
  for (int made = 0; made < 300 * 30; ++made) {
    const auto who = line.next();
    ASSERT_TRUE(who);
    line.come(*who);
  }
  for (std::size_t i = 0; i < 300; ++i)
    EXPECT_EQ(line[i].calls, 30) << i;
  line.expectRate(1);
}

TEST(RateGateFairness, ThoseWhoGiveUpPutNobodyBackAndTheRateHolds) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Line line(300, seed);
    for (int step = 0; step < 3000; ++step) {
      const std::size_t which = line.draw(300);
      switch (line.draw(4)) {
        case 0:
          line.giveUp(which);
          break;
        case 1:
          line.next();
          break;
        default:
          if (!line[which].inLine) line.come(which);
      }
    }
    while (line.next()) {
    }
    line.expectRate(1);
  }
}

TEST(RateGateFairness, HalfTheLineLeavesAndAsManyComeAndTheRateHolds) {
  Line line(400, 3);
  for (std::size_t i = 0; i < 200; ++i)
    line.come(i);
  for (std::size_t i = 0; i < 100; ++i)
    line.giveUp(i);
  for (std::size_t i = 200; i < 300; ++i)
    line.come(i);
  while (line.next()) {
  }
  EXPECT_EQ(line.made().size(), 200u);
  line.expectRate(1);
}

}  // namespace
}  // namespace kvs::aws
