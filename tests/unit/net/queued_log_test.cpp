// SPDX-License-Identifier: Apache-2.0
#include "net/queued_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <vector>

#include "await.h"
#include "child.h"

namespace kvs::net {
namespace {

using test::inChild;
using test::onLoop;
using test::Signal;
using testing::ElementsAre;
using testing::IsEmpty;

/// What was written, and by whom.
struct Page {
  std::mutex mutex;
  std::vector<std::string> lines;
  std::vector<LogLine> whole;
  bool onWorker = true;
  bool closed = false;
  Signal reached;  ///< the writer has been called

  void add(const LogLine& line) {
    const std::lock_guard lock(mutex);
    lines.push_back(line.stream + ":" + line.text);
    whole.push_back(line);
  }
};

class PageWriter final : public LogWriter {
 public:
  PageWriter(std::shared_ptr<Page> page, LogLevel most, Signal* gate = nullptr)
      : page_(std::move(page)), most_(most), gate_(gate) {}
  ~PageWriter() override { page_->closed = true; }
  bool wants(LogLevel level, Room /*room*/) const override { return level <= most_; }
  void write(const LogLine& line) override {
    page_->reached.raise();
    if (gate_) gate_->wait();
    page_->onWorker = page_->onWorker && Loop::worker()->onThread();
    page_->add(line);
  }

 private:
  const std::shared_ptr<Page> page_;
  const LogLevel most_;
  Signal* const gate_;
};

class PageSink final : public LogSink {
 public:
  explicit PageSink(std::shared_ptr<Page> page) : page_(std::move(page)) {}
  bool wants(LogLevel level, Room /*room*/) const override { return level <= LogLevel::warning; }
  void write(LogLevel level, Room room, std::string_view stream, std::string_view text) override {
    page_->add({level, room, std::string(stream), std::string(text), {}, {}});
  }

 private:
  const std::shared_ptr<Page> page_;
};

QueuedLog::Open writerTo(const std::shared_ptr<Page>& page, LogLevel most, Signal* gate = nullptr) {
  return [page, most, gate] { return std::make_unique<PageWriter>(page, most, gate); };
}

QueuedLog::Open failing() {
  return [] { return fail(StatusCode::invalidArg, ErrorKind::fatal, "no such log"); };
}

/// All that was posted before is done.
void settle() {
  const auto worker = Loop::worker();
  onLoop(*worker, [] {});
}

TEST(QueuedLog, WritesOnTheWorkerInTheOrderLogged) {
  const auto page = std::make_shared<Page>();
  {
    QueuedLog log(writerTo(page, LogLevel::info), nullptr);
    log.write(LogLevel::info, Room::net, "yard", "one");
    log.write(LogLevel::error, Room::aws, "door", "two");
    settle();
    EXPECT_THAT(page->lines, ElementsAre("yard:one", "door:two"));
    EXPECT_TRUE(page->onWorker);
    EXPECT_EQ(page->whole[1].room, Room::aws);
    EXPECT_GT(page->whole[0].time, WallTime{});
    EXPECT_FALSE(page->whole[0].thread.empty());
    EXPECT_FALSE(page->closed);
  }
  settle();
  EXPECT_TRUE(page->closed);
}

TEST(QueuedLog, WritesWhatWasQueuedWhenItsLastHolderLetsGo) {
  const auto page = std::make_shared<Page>();
  Signal gate;
  {
    QueuedLog log(writerTo(page, LogLevel::info, &gate), nullptr);
    log.write(LogLevel::info, Room::net, "yard", "last words");
  }
  gate.raise();
  settle();
  EXPECT_THAT(page->lines, ElementsAre("yard:last words"));
  EXPECT_TRUE(page->closed);
}

TEST(QueuedLog, AsksTheWriterForTheLevelOnceThereIsOne) {
  const auto page = std::make_shared<Page>();
  Signal mayOpen;
  QueuedLog log([&mayOpen, open = writerTo(page, LogLevel::warning)] { return mayOpen.wait(), open(); },
                nullptr);
  EXPECT_TRUE(log.wants(LogLevel::debug, Room::net)) << "it may be wanted";
  log.write(LogLevel::debug, Room::net, "yard", "too small");
  log.write(LogLevel::warning, Room::net, "yard", "early");
  mayOpen.raise();
  settle();
  EXPECT_THAT(page->lines, ElementsAre("yard:early"));
  EXPECT_FALSE(log.wants(LogLevel::info, Room::net));
  EXPECT_TRUE(log.wants(LogLevel::warning, Room::net));
}

TEST(QueuedLog, GivesAllToTheOtherSinkWhereItCannotBeOpened) {
  const auto page = std::make_shared<Page>();
  QueuedLog log(failing(), std::make_shared<PageSink>(page));
  std::vector<std::string> told;
  log.write(LogLevel::warning, Room::net, "yard", "before");
  log.write(LogLevel::info, Room::net, "yard", "not wanted there");
  log.whenFailed([&](const Error& error) { told.push_back(error.message); });
  settle();
  EXPECT_TRUE(log.hasFailed());
  EXPECT_TRUE(log.wants(LogLevel::warning, Room::net));
  EXPECT_FALSE(log.wants(LogLevel::info, Room::net));
  log.write(LogLevel::warning, Room::net, "yard", "after");
  log.whenFailed([&](const Error& error) { told.push_back(error.message + ", again"); });
  EXPECT_THAT(page->lines, ElementsAre("yard:before", "yard:after"));
  EXPECT_THAT(told, ElementsAre("no such log", "no such log, again"));
}

TEST(QueuedLog, IsSilentAboutFailureWhereThereIsNone) {
  const auto page = std::make_shared<Page>();
  QueuedLog log(writerTo(page, LogLevel::info), nullptr);
  std::vector<std::string> told;
  log.whenFailed([&](const Error& error) { told.push_back(error.message); });
  settle();
  log.whenFailed([&](const Error& error) { told.push_back(error.message); });
  EXPECT_THAT(told, IsEmpty());
}

TEST(QueuedLog, LosesLinesRatherThanWaitAndSaysHowMany) {
  const auto page = std::make_shared<Page>();
  Signal gate;
  QueuedLog log(writerTo(page, LogLevel::info, &gate), nullptr);
  log.write(LogLevel::info, Room::net, "yard", "first");
  ASSERT_TRUE(page->reached.wait());  // from here on nothing is taken before the gate opens
  const std::size_t count = 2 * QueuedLog::bound;
  for (std::size_t i = 0; i < count; ++i)
    log.write(LogLevel::info, Room::net, "yard", "line");
  gate.raise();
  settle();
  settle();  // what was queued while the first were written
  const std::size_t written = page->lines.size() - 1;
  ASSERT_GE(written, QueuedLog::bound);
  ASSERT_LE(written, 2 * QueuedLog::bound);
  const std::size_t missing = count + 1 - written;
  EXPECT_EQ(page->lines.back(), ":" + std::to_string(missing) +
                                    " lines are missing here: they came faster than this log can be written");
}

TEST(QueuedLog, IsSilentInAForkedChildWhichEnds) {
  const auto page = std::make_shared<Page>();
  QueuedLog log(writerTo(page, LogLevel::info), nullptr);
  settle();
  const int status = inChild([&] {
    log.write(LogLevel::info, Room::net, "yard", "from the child");
    return page->lines.empty() ? 3 : 4;
  });
  EXPECT_EQ(status, 3);
}

}  // namespace
}  // namespace kvs::net
