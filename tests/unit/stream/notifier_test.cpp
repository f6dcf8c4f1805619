// SPDX-License-Identifier: Apache-2.0
// The queue between a stream and its application: in order, bounded, one job at a time.
#include "stream/notifier.h"

#include <gtest/gtest.h>

#include <functional>

namespace kvs::stream {
namespace {

/// Runs jobs when the test says so, as a worker that has other things to do.
struct Later final : Executor {
  void post(std::function<void()> job) override { jobs.push_back(std::move(job)); }
  void run() {
    for (auto& job : std::exchange(jobs, {}))
      job();
  }
  std::vector<std::function<void()>> jobs;
};

struct Heard final : StreamListener {
  void onFragmentAck(const FragmentAck& ack) override { acks.push_back(ack.fragmentNumber); }
  void onFragmentLost(const FragmentLost&) override { ++losses; }
  void onError(const Error&) override { ++errors; }
  void onDrained() override { whenDrained(); }
  std::vector<std::string> acks;
  int losses = 0;
  int errors = 0;
  std::function<void()> whenDrained = [] {};
};

class NotifierTest : public testing::Test {
 protected:
  void ack(int number) {
    FragmentAck ack;
    ack.fragmentNumber = std::to_string(number);
    notifier->tell(ack);
  }

  std::shared_ptr<Heard> heard = std::make_shared<Heard>();
  std::shared_ptr<Later> executor = std::make_shared<Later>();
  std::shared_ptr<Notifier> notifier = std::make_shared<Notifier>(heard, executor);
};

TEST_F(NotifierTest, TellsInOrderWithOneJobForAllThatWait) {
  for (int i = 0; i < 100; ++i)
    ack(i);
  EXPECT_EQ(executor->jobs.size(), 1u);
  executor->run();
  ASSERT_EQ(heard->acks.size(), 100u);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(heard->acks[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(NotifierTest, OfAFullQueueAcknowledgementsAreLeftOutAndNothingElse) {
  for (int i = 0; i < 5000; ++i) {
    ack(i);
    if (i % 100 == 0) notifier->tell(FragmentLost{});
  }
  notifier->tell(news::StreamFailed{});
  executor->run();
  EXPECT_EQ(heard->losses, 50);
  EXPECT_EQ(heard->errors, 1);
  EXPECT_LE(heard->acks.size(), 1024u);
  EXPECT_GE(heard->acks.size(), 1000u);
  ack(5000);
  executor->run();
  EXPECT_EQ(heard->acks.back(), "5000") << "there is room again";
}

TEST_F(NotifierTest, WhatIsToldFromAHandlerComesAfterIt) {
  heard->whenDrained = [this] { ack(1); };
  notifier->tell(news::Drained{});
  executor->run();
  executor->run();
  EXPECT_EQ(heard->acks, std::vector<std::string>{"1"});
}

TEST_F(NotifierTest, ClosedItForgetsWhatWaits) {
  ack(1);
  notifier->close();
  ack(2);
  executor->run();
  EXPECT_TRUE(heard->acks.empty());
}

TEST_F(NotifierTest, WithoutAListenerNothingIsQueued) {
  std::make_shared<Notifier>(nullptr, executor)->tell(news::Drained{});
  EXPECT_TRUE(executor->jobs.empty());
}

}  // namespace
}  // namespace kvs::stream
