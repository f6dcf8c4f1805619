// SPDX-License-Identifier: Apache-2.0
// How often warnings are said, and what is in progress.
#include "report/progress.h"
#include "report/warning_limit.h"
#include "support.h"

namespace kvs::test {
namespace {

using namespace std::chrono_literals;
using gst::Progress;
using gst::Warning;
using gst::WarningLimit;

class WarningLimitTest : public testing::Test {
 protected:
  Warning warning(const std::string& text, StatusCode code = StatusCode::clientLimit) {
    return {gst::ErrorCode{}, gst::elementError(code, text)};
  }
  WarningLimit limit;
  TimePoint now{1h};
};

TEST_F(WarningLimitTest, OfAKindTheFirstIsSaidAndTheOthersWait) {
  EXPECT_TRUE(limit.add(warning("a 1"), now));
  EXPECT_FALSE(limit.nextDue());
  for (int i = 2; i < 9; ++i)
    EXPECT_FALSE(limit.add(warning("a " + std::to_string(i)), now));
  EXPECT_TRUE(limit.add(warning("b"), now)) << "another sentence";
  EXPECT_TRUE(limit.add(warning("a 1", StatusCode::streamLimit), now)) << "another code";
  ASSERT_TRUE(limit.nextDue());
  EXPECT_TRUE(limit.takeDue(now).empty());
  const auto due = limit.takeDue(*limit.nextDue());
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].error.message, "a 8") << "the newest stands for all";
  EXPECT_EQ(due[0].count, 7U);
}

TEST_F(WarningLimitTest, WhatGoesOnIsSaidEverMoreRarely) {
  unsigned said = 0;
  for (int second = 0; second < 3600; ++second, now += 1s) {
    said += static_cast<unsigned>(limit.takeDue(now).size());
    if (limit.add(warning("a"), now)) ++said;
  }
  EXPECT_GE(said, 8U);
  EXPECT_LE(said, 15U) << "in an hour";
}

TEST_F(WarningLimitTest, WhatComesBackAfterAPauseIsSaidAtOnce) {
  limit.add(warning("a"), now);
  now += 11s;
  EXPECT_TRUE(limit.add(warning("a"), now));
}

TEST_F(WarningLimitTest, AtTheEndNothingIsHeldBack) {
  limit.add(warning("a"), now);
  limit.add(warning("a"), now);
  EXPECT_EQ(limit.takeAll().size(), 1U);
  EXPECT_TRUE(limit.takeAll().empty());
  EXPECT_TRUE(limit.add(warning("a"), now)) << "a new beginning";
}

TEST_F(WarningLimitTest, ManyKindsDoNotGrowForEver) {
  for (char first = 'a'; first <= 'z'; ++first) {
    for (char second = 'a'; second <= 'z'; ++second, now += 1min)
      EXPECT_TRUE(limit.add(warning(std::string{first, second}), now));
  }
  EXPECT_FALSE(limit.nextDue());
}

class ProgressTest : public testing::Test {
 protected:
  static std::optional<GstProgressType> typeOf(const Progress::Step& step) {
    return step ? std::optional(step->type) : std::nullopt;
  }
  Progress progress{"connect"};
};

TEST_F(ProgressTest, BeginsGoesOnAndEnds) {
  progress.setPlaying(true);
  EXPECT_EQ(typeOf(progress.go("a")), GST_PROGRESS_TYPE_START);
  EXPECT_EQ(typeOf(progress.go("b")), GST_PROGRESS_TYPE_CONTINUE);
  EXPECT_EQ(typeOf(progress.end(GST_PROGRESS_TYPE_COMPLETE, "c")), GST_PROGRESS_TYPE_COMPLETE);
  EXPECT_FALSE(progress.end(GST_PROGRESS_TYPE_COMPLETE, "d")) << "ended already";
}

TEST_F(ProgressTest, IsToldFromPlayingOnOnly) {
  EXPECT_FALSE(progress.go("a"));
  EXPECT_FALSE(progress.go("b"));
  const auto begun = progress.setPlaying(true);
  EXPECT_EQ(typeOf(begun), GST_PROGRESS_TYPE_START);
  EXPECT_EQ(begun->text, "b");
  EXPECT_FALSE(progress.setPlaying(false));
  EXPECT_TRUE(progress.end(GST_PROGRESS_TYPE_CANCELED, "c")) << "what was begun is ended in any state";
}

TEST_F(ProgressTest, WhatEndsBeforePlayingWasNeverBegun) {
  progress.go("a");
  EXPECT_FALSE(progress.end(GST_PROGRESS_TYPE_COMPLETE, "b"));
  EXPECT_FALSE(progress.setPlaying(true));
}

class ProgressOfElement : public ElementTest {
 protected:
  void change(ConnectionState state) {
    core.tell([state](StreamListener& listener) {
      ConnectionChange change;
      change.state = state;
      listener.onConnection(change);
    });
  }
  /// The next one as "code type", e.g. "connect start".
  std::string next() {
    const MessageRef message = waitForMessage(GST_MESSAGE_PROGRESS);
    if (!message) return {};
    GstProgressType type{};
    gchar* code = nullptr;
    gst_message_parse_progress(message.get(), &type, &code, nullptr);
    const gst::Text owned(code);
    static constexpr const char* names[] = {"start", "continue", "complete", "canceled", "error"};
    return std::string(code) + " " + names[type];
  }
};

TEST_F(ProgressOfElement, ConnectsOnceItPlays) {
  setState(GST_STATE_PAUSED);
  change(ConnectionState::connecting);
  settle();
  EXPECT_FALSE(takeMessage(GST_MESSAGE_PROGRESS)) << "gst-launch would wait for it before it plays";
  setState(GST_STATE_PLAYING);
  EXPECT_EQ(next(), "connect start");
  change(ConnectionState::retrying);
  EXPECT_EQ(next(), "connect continue");
  change(ConnectionState::ready);
  EXPECT_EQ(next(), "connect complete");
  change(ConnectionState::streaming);
  change(ConnectionState::disconnected);
  EXPECT_EQ(next(), "connect start");
  change(ConnectionState::retrying);
  EXPECT_EQ(next(), "connect continue");
  change(ConnectionState::streaming);
  EXPECT_EQ(next(), "connect complete");
}

TEST_F(ProgressOfElement, EndsWithTheErrorThatEndsTheStream) {
  setState(GST_STATE_PLAYING);
  change(ConnectionState::connecting);
  EXPECT_EQ(next(), "connect start");
  core.tell([](StreamListener& listener) {
    listener.onError(gst::elementError(StatusCode::notAuthorized, "The access key was refused."));
  });
  EXPECT_EQ(next(), "connect error");
}

TEST_F(ProgressOfElement, IsCanceledByTheEndOfTheStream) {
  setState(GST_STATE_PLAYING);
  change(ConnectionState::connecting);
  EXPECT_EQ(next(), "connect start");
  change(ConnectionState::stopped);
  EXPECT_EQ(next(), "connect canceled");
}

TEST_F(ProgressOfElement, DrainsAtTheEndOfTheStream) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  upstream.push(gst_event_new_eos());
  EXPECT_EQ(next(), "drain start");
  EXPECT_EQ(next(), "drain complete");
}

TEST_F(ProgressOfElement, NewDataCancelsTheDrain) {
  core.drainsByItself = false;
  Upstream upstream;
  start(upstream);
  upstream.begin();
  upstream.push(gst_event_new_eos());
  EXPECT_EQ(next(), "drain start");
  upstream.push(gst_event_new_flush_start());
  upstream.push(gst_event_new_flush_stop(TRUE));
  EXPECT_EQ(next(), "drain canceled");
}

TEST_F(ProgressOfElement, DrainsBeforeReady) {
  core.onDrain = [](Milliseconds) { return false; };
  core.stats.bytesBuffered = 1;
  setState(GST_STATE_PLAYING);
  setState(GST_STATE_READY);
  EXPECT_EQ(next(), "drain start");
  EXPECT_EQ(next(), "drain error");
}

}  // namespace
}  // namespace kvs::test
