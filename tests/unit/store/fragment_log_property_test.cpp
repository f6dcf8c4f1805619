// SPDX-License-Identifier: Apache-2.0
// Thousands of seeded operations against a model that keeps every byte in a plain vector: what the
// cursor reads is what was appended, totals match, the budget holds, and an emptied log holds nothing.
#include <deque>
#include <map>

#include "base/random.h"
#include "log_fixture.h"

namespace kvs::store {
namespace {

struct ModelFragment {
  Bytes bytes;
  bool gone = false;
};

class FragmentLogProperty : public test::LogFixture, public testing::WithParamInterface<std::uint64_t> {
 protected:
  FragmentLogProperty() : LogFixture(12), random(GetParam()) {}

  bool chance(unsigned percent) { return random.next() % 100 < percent; }
  std::size_t someSize() {
    switch (random.next() % 4) {
      case 0:
        return test::headSize + random.next() % 50;
      case 1:
        return test::headSize + random.next() % 5000;
      case 2:
        return chunkSize - 20 + random.next() % 40;
      default:
        return test::headSize + random.next() % (2 * chunkSize);
    }
  }

  void forgetLosses() {
    for (const test::Dropped& loss : losses) {
      ASSERT_FALSE(model.at(loss.id).gone) << "lost twice, or after it was persisted";
      EXPECT_EQ(loss.bytes, model.at(loss.id).bytes.size());
      model.at(loss.id).gone = true;
    }
    losses.clear();
  }

  void write() {
    if (!log.growing()) {
      log.open({}, {}, 0);
      model[log.newest()->id];
    }
    const FragmentId id = log.newest()->id;
    const std::size_t size = someSize();
    const std::uint64_t seed = random.next();
    auto made = block(size, seed);
    forgetLosses();
    if (!made) {
      if (log.dropGrowing(LossReason::storageFull)) {
        forgetLosses();
        EXPECT_EQ(log.growing(), nullptr);
      } else {
        EXPECT_TRUE(log.pinnedInTheWay());
      }
      return;
    }
    if (!log.growing() || log.newest()->id != id) return;
    log.append(std::move(*made), 0, {});
    const Bytes bytes = test::pattern(seed, size);
    model[id].bytes.insert(model[id].bytes.end(), bytes.begin(), bytes.end());
    if (chance(25)) log.seal();
  }

  void read() {
    if (!feed.isInside()) {
      FragmentRecord* next = feed.ahead().record;
      if (!next) return;
      EXPECT_FALSE(model.at(next->id).gone) << "a hole is stepped over";
      EXPECT_GT(next->id, lastEntered) << "in order within a session";
      lastEntered = next->id;
      feed.enter();
      got.clear();
    }
    const FragmentId id = feed.ahead().record->id;
    for (auto pieces = random.next() % 6; pieces-- > 0;) {
      const Span span = feed.read(1 + random.next() % 60000);
      got.insert(got.end(), span.view().begin(), span.view().end());
    }
    const Bytes& expected = model.at(id).bytes;
    ASSERT_LE(got.size(), expected.size());
    ASSERT_TRUE(std::equal(got.begin(), got.end(), expected.begin()));
    EXPECT_EQ(feed.unsent().bytes, bytesFrom(id) - got.size());
    if (!feed.atEndOfFragment()) return;
    EXPECT_EQ(got.size(), expected.size());
    feed.leave();
    sent.push_back(id);
  }

  /// What the log holds of this fragment and those behind it.
  std::uint64_t bytesFrom(FragmentId first) const {
    std::uint64_t bytes = 0;
    for (const auto& [id, fragment] : model)
      bytes += id >= first && !fragment.gone ? fragment.bytes.size() : 0;
    return bytes;
  }

  void acknowledge() {
    if (sent.empty()) return;
    const auto place = sent.begin() + static_cast<std::ptrdiff_t>(random.next() % sent.size());
    const FragmentId id = *place;
    if (chance(20)) {
      log.markReceived(id);
      return;
    }
    sent.erase(place);
    const bool known = log.find(id) != nullptr;
    if (chance(10)) {
      if (log.markRefused(id)) model.at(id).gone = true;
      return;
    }
    EXPECT_EQ(log.markPersisted(id), known);
    model.at(id).gone = true;
  }

  void endSession() {
    feed.rewind();
    sent.clear();
    lastEntered = 0;
    EXPECT_FALSE(log.pinnedInTheWay());
  }

  void check() {
    std::uint64_t bytes = 0;
    std::size_t fragments = 0;
    for (const auto& [id, fragment] : model) {
      if (fragment.gone) continue;
      bytes += fragment.bytes.size();
      ++fragments;
      ASSERT_NE(log.find(id), nullptr);
    }
    ASSERT_EQ(log.totals().bytes, bytes);
    ASSERT_EQ(log.totals().fragments, fragments);
    ASSERT_EQ(log.isEmpty(), fragments == 0);
    ASSERT_LE(budget->used(), budget->limit());
    FragmentId expected = log.fragments().empty() ? 0 : log.fragments().front().id;
    for (const FragmentRecord& fragment : log.fragments())
      ASSERT_EQ(fragment.id, expected++);
  }

  Random random;
  std::map<FragmentId, ModelFragment> model;
  std::deque<FragmentId> sent;  // in this session, not settled
  Bytes got;                    // of the fragment under the cursor
  FragmentId lastEntered = 0;
};

TEST_P(FragmentLogProperty, HoldsForRandomOperations) {
  for (int step = 0; step < 2000; ++step) {
    const auto what = random.next() % 100;
    if (what < 45) {
      write();
    } else if (what < 75) {
      read();
    } else if (what < 96) {
      acknowledge();
    } else if (what < 98 || log.pinnedInTheWay()) {
      endSession();
    } else {
      log.seal();
    }
    forgetLosses();
    check();
    if (HasFatalFailure()) {
      ADD_FAILURE() << "seed " << GetParam() << ", step " << step;
      return;
    }
  }
  // Everything that is left is sent and persisted: nothing is held any more.
  log.seal();
  endSession();
  while (feed.ahead().record)
    sent.push_back(send());
  for (const FragmentId id : sent) {
    EXPECT_TRUE(log.markPersisted(id));
    model.at(id).gone = true;
  }
  check();
  EXPECT_TRUE(log.isEmpty());
  EXPECT_TRUE(log.fragments().empty());
  EXPECT_EQ(log.totals().bytes, 0u);
  EXPECT_EQ(log.totals().duration, Nanoseconds{0});
  EXPECT_EQ(budget->used(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, FragmentLogProperty, testing::Range<std::uint64_t>(1, 16));

}  // namespace
}  // namespace kvs::store
