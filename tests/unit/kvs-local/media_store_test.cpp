// SPDX-License-Identifier: Apache-2.0
// What the store answers about fragments, and whom it tells of them while they grow.
#include "store/media_store.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>

#include "matroska/matroska_reader.h"
#include "mkv_bytes.h"
#include "store/store_paths.h"
#include "temp_folder.h"

namespace kvslocal {
namespace {

using namespace test;
using std::chrono::milliseconds;

/// The loop's thread, which is the test's.
class PlayedLoop {
 public:
  Post poster() {
    return [this](std::function<void()> work) {
      const std::lock_guard lock(mutex_);
      work_.push_back(std::move(work));
      wake_.notify_one();
    };
  }
  template <typename Condition>
  void runUntil(Condition met) {
    while (!met()) {
      std::function<void()> next;
      {
        std::unique_lock lock(mutex_);
        const bool came = wake_.wait_for(lock, std::chrono::seconds(60), [this] { return !work_.empty(); });
        ASSERT_TRUE(came) << "nothing happens any more";
        next = std::move(work_.front());
        work_.pop_front();
      }
      next();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;
};

constexpr std::int64_t startMs = 1'700'000'000'000;

WallTime producerTime(int n) {
  return WallTime(milliseconds(startMs + n * 1000));
}
WallTime serverTime(int n) {
  return producerTime(n) + milliseconds(300);
}

class MediaStoreTest : public testing::Test {
 protected:
  MediaStoreTest() {
    auto opened = MediaStore::open(data.path(), false, loop.poster());
    EXPECT_TRUE(opened) << opened.error();
    store = std::move(*opened);
    stream = addStream(1, "cam");
    header.raw = head();
    header.tracksElement = videoTracks();
  }

  StreamRecord addStream(std::int64_t id, const std::string& name) {
    StreamRecord record;
    record.id = id;
    record.name = name;
    bool saved = false;
    store->save(record, [&](bool onDisk) { saved = onDisk; });
    loop.runUntil([&] { return saved; });
    return record;
  }

  static FragmentSummary begun(int n) {
    FragmentSummary summary;
    summary.timecode = producerTime(n).time_since_epoch();
    summary.firstTime = summary.lastTime = summary.timecode;
    summary.tags = {{"place", "head"}};
    summary.headTags = 1;
    summary.frames = {{1, 2}};
    return summary;
  }
  /// A session writes one fragment of two blocks.
  std::uint64_t write(DiskSession& session, int n) {
    FragmentSummary summary = begun(n);
    summary.counter = session.open(summary, serverTime(n));
    for (const int ticks : {0, 40}) {
      const Bytes bytes = block(1, ticks, ticks == 0);
      session.append(bytes);
      summary.bytes += bytes.size();
    }
    summary.tags.push_back({"place", "tail"});
    bool done = false;
    session.seal(summary, [&](const Result<void>& stored) {
      EXPECT_TRUE(stored) << stored.error();
      done = true;
    });
    loop.runUntil([&] { return done; });
    return summary.counter;
  }
  std::vector<std::uint64_t> writeMany(const StreamRecord& record, int count) {
    const auto session = store->newSession(record);
    session->header(header);
    std::vector<std::uint64_t> numbers;
    for (int n = 0; n < count; ++n)
      numbers.push_back(write(*session, n));
    return numbers;
  }

  FragmentPage find(const FragmentSearch& search) {
    std::optional<FragmentPage> page;
    store->find(search, [&](Result<FragmentPage> found) {
      EXPECT_TRUE(found) << found.error();
      page = found ? std::move(*found) : FragmentPage();
    });
    loop.runUntil([&] { return page.has_value(); });
    return std::move(*page);
  }
  std::vector<std::uint64_t> findAll(FragmentSearch search, std::size_t most) {
    std::vector<std::uint64_t> numbers;
    search.most = most;
    while (true) {
      const FragmentPage page = find(search);
      EXPECT_LE(page.rows.size(), most);
      for (const auto& row : page.rows)
        numbers.push_back(row.summary.counter);
      if (!page.next) return numbers;
      search.after = page.next;
    }
  }
  Bytes read(FragmentReader& reader, std::uint64_t offset, std::size_t most) {
    std::optional<Bytes> bytes;
    reader.read(offset, most, [&](Result<Bytes> came) {
      EXPECT_TRUE(came) << came.error();
      bytes = came ? std::move(*came) : Bytes();
    });
    loop.runUntil([&] { return bytes.has_value(); });
    return std::move(*bytes);
  }
  std::unique_ptr<FragmentReader> follow(std::uint64_t number) {
    std::optional<std::unique_ptr<FragmentReader>> reader;
    store->follow(stream, number, [&](Result<std::unique_ptr<FragmentReader>> opened) {
      EXPECT_TRUE(opened) << opened.error();
      reader = opened ? std::move(*opened) : nullptr;
    });
    loop.runUntil([&] { return reader.has_value(); });
    return std::move(*reader);
  }
  Result<OpenFragment> open(const FragmentRow& row) {
    std::optional<Result<OpenFragment>> opened;
    store->open(stream, row, [&](Result<OpenFragment> came) { opened = std::move(came); });
    loop.runUntil([&] { return opened.has_value(); });
    return std::move(*opened);
  }

  TempFolder data;
  PlayedLoop loop;
  std::unique_ptr<MediaStore> store;
  StreamRecord stream;
  StreamHeader header;
};

TEST_F(MediaStoreTest, findsFragmentsPageByPageInEachOrder) {
  const auto numbers = writeMany(stream, 25);
  writeMany(addStream(2, "other"), 5);
  for (const FragmentSearch& all :
       {searchNumbers(1, 0, ~std::uint64_t{0}), searchProducerTimes(1, WallTime::min(), WallTime::max()),
        searchServerTimes(1, WallTime::min(), WallTime::max())}) {
    for (const std::size_t most : {1U, 7U, 25U, 100U})
      EXPECT_EQ(findAll(all, most), numbers) << most;
  }
}

TEST_F(MediaStoreTest, knowsItsStreams) {
  addStream(2, "attic");
  std::vector<std::string> names;
  store->streams([&](Result<std::vector<StreamRecord>> streams) {
    ASSERT_TRUE(streams) << streams.error();
    for (const auto& one : *streams)
      names.push_back(one.name);
  });
  loop.runUntil([&] { return !names.empty(); });
  EXPECT_EQ(names, (std::vector<std::string>{"attic", "cam"}));
}

TEST_F(MediaStoreTest, bothEndsOfARangeBelongToIt) {
  const auto numbers = writeMany(stream, 6);
  const std::vector<std::uint64_t> middle(numbers.begin() + 2, numbers.begin() + 5);
  EXPECT_EQ(findAll(searchNumbers(1, numbers[2], numbers[4]), 10), middle);
  EXPECT_EQ(findAll(searchProducerTimes(1, producerTime(2), producerTime(4)), 10), middle);
  EXPECT_EQ(findAll(searchServerTimes(1, serverTime(2), serverTime(4)), 10), middle);
  EXPECT_TRUE(
      findAll(searchServerTimes(1, serverTime(2) + milliseconds(1), serverTime(3) - milliseconds(1)), 10)
          .empty());
  EXPECT_TRUE(findAll(searchNumbers(1, ~std::uint64_t{0}, ~std::uint64_t{0}), 10).empty());
}

TEST_F(MediaStoreTest, fragmentsOfOneTimeAreNotLostBetweenPages) {
  const auto first = writeMany(stream, 3);
  const auto again = writeMany(stream, 3);
  const std::vector<std::uint64_t> sorted{first[0], again[0], first[1], again[1], first[2], again[2]};
  FragmentSearch all = searchProducerTimes(1, WallTime::min(), WallTime::max());
  EXPECT_EQ(findAll(all, 1), sorted);
  all.latestOnly = true;
  EXPECT_EQ(findAll(all, 2), again);
}

TEST_F(MediaStoreTest, aPageIsServedByAnIndex) {
  auto index = Database::open(indexPath(data.path()), Database::Mode::readWrite);
  ASSERT_TRUE(index);
  index->tidyOnClose(false);
  for (const FragmentKey key : {FragmentKey::number, FragmentKey::producerTime, FragmentKey::serverTime}) {
    FragmentSearch search{1, key};
    search.after = FragmentPlace{5, 5};
    auto plan = index->prepare("EXPLAIN QUERY PLAN " + searchStatement(search));
    ASSERT_TRUE(plan) << plan.error();
    std::string text;
    while (plan->step().value_or(false))
      text += plan->text(3) + '\n';
    EXPECT_NE(text.find("SEARCH f USING INDEX fragments_by_"), std::string::npos) << text;
    EXPECT_EQ(text.find("TEMP B-TREE"), std::string::npos) << text;
  }
}

TEST_F(MediaStoreTest, givesAFragmentWithAllItsParts) {
  const auto numbers = writeMany(stream, 2);
  const auto page = find(searchNumbers(1, numbers[1], numbers[1]));
  ASSERT_EQ(page.rows.size(), 1U);
  const auto opened = open(page.rows[0]);
  ASSERT_TRUE(opened) << opened.error();
  const FragmentParts& parts = opened->parts;
  EXPECT_EQ(parts.header.raw, header.raw);
  EXPECT_EQ(parts.received, serverTime(1));
  EXPECT_EQ(parts.whole.tags, (std::vector<SimpleTag>{{"place", "head"}, {"place", "tail"}}));
  EXPECT_EQ(parts.whole.headTags, 1U);
  Bytes blocks;
  for (Bytes piece = read(*opened->blocks, 0, 3); !piece.empty();
       piece = read(*opened->blocks, blocks.size(), 3)) {
    EXPECT_LE(piece.size(), 3U);
    blocks.insert(blocks.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(blocks, join({block(1, 0, true), block(1, 40, false)}));
}

TEST(MediaStore, theWorkerKeepsNothingOfWhoIsAnswered) {
  TempFolder data;
  const auto asking = std::make_shared<int>();
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::function<void()>> posted;
  std::vector<long> holders;  // when an answer is on its way
  const Post post = [&](std::function<void()> work) {
    const std::lock_guard lock(mutex);
    holders.push_back(asking.use_count());
    posted.push_back(std::move(work));
    wake.notify_one();
  };
  const auto opened = MediaStore::open(data.path(), false, post);
  ASSERT_TRUE(opened) << opened.error();
  (*opened)->streams([asking](const auto&) {});
  std::unique_lock lock(mutex);
  ASSERT_TRUE(wake.wait_for(lock, std::chrono::seconds(60), [&] { return !posted.empty(); }));
  EXPECT_EQ(holders, std::vector<long>{2}) << "the test and the answer";
}

TEST_F(MediaStoreTest, aFragmentWhoseFileIsGoneIsASentence) {
  const auto numbers = writeMany(stream, 1);
  const auto page = find(searchNumbers(1, numbers[0], numbers[0]));
  std::filesystem::remove(fragmentPath(streamFolder(data.path(), 1, "cam"), numbers[0]));
  const auto opened = open(page.rows.at(0));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), "its file is gone");
}

TEST_F(MediaStoreTest, aDeletedStreamsFragmentIsReadToItsEndOnceItIsOpen) {
  const auto numbers = writeMany(stream, 1);
  const auto opened = open(find(searchNumbers(1, numbers[0], numbers[0])).rows.at(0));
  ASSERT_TRUE(opened);
  bool removed = false;
  store->remove(stream, [&](bool onDisk) { removed = onDisk; });
  loop.runUntil([&] { return removed; });
  EXPECT_EQ(read(*opened->blocks, 0, 1000).size(), opened->parts.whole.bytes);
  EXPECT_TRUE(find(searchNumbers(1, 0, ~std::uint64_t{0})).rows.empty());
}

TEST_F(MediaStoreTest, aSubscriberReadsAFragmentWhileItGrows) {
  int woken = 0;
  const auto subscription = store->subscribe(stream.id, [&] { ++woken; });
  const auto session = store->newSession(stream);
  session->header(header);
  FragmentSummary summary = begun(0);
  summary.counter = session->open(summary, serverTime(0));
  EXPECT_EQ(woken, 1);
  auto news = subscription->take();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].kind, FragmentNews::Kind::began);
  EXPECT_EQ(news[0].fragment->summary.counter, summary.counter);
  EXPECT_EQ(news[0].fragment->summary.tags, (std::vector<SimpleTag>{{"place", "head"}}));
  EXPECT_EQ(news[0].fragment->header->raw, header.raw);
  EXPECT_EQ(news[0].fragment->received, serverTime(0));

  const auto reader = follow(summary.counter);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(read(*reader, 0, 100).empty());
  const Bytes first = block(1, 0, true);
  session->append(first);
  loop.runUntil([&] { return woken == 2; });
  news = subscription->take();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].kind, FragmentNews::Kind::grew);
  EXPECT_EQ(news[0].bytes, first.size());
  EXPECT_EQ(read(*reader, 0, 1000), first);

  summary.bytes = first.size();
  session->seal(summary, [](const Result<void>& stored) { EXPECT_TRUE(stored); });
  loop.runUntil([&] { return woken == 3; });
  news = subscription->take();
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0].kind, FragmentNews::Kind::stored);
  EXPECT_EQ(news[0].whole->bytes, first.size());
  EXPECT_EQ(find(searchNumbers(1, 0, ~std::uint64_t{0})).rows.size(), 1U) << "what is stored is in the index";
  EXPECT_EQ(read(*reader, 0, 1000), first) << "its file was renamed under the reader";
}

TEST_F(MediaStoreTest, aSubscriberThatComesLateLearnsOfWhatGrows) {
  const auto session = store->newSession(stream);
  session->header(header);
  const auto early = store->subscribe(stream.id, [] {});
  const std::uint64_t number = session->open(begun(0), serverTime(0));
  session->append(block(1, 0, true));
  std::vector<FragmentNews> seen;
  loop.runUntil([&] {
    for (auto& news : early->take())
      seen.push_back(news);
    return seen.size() == 2;
  });
  const auto late = store->subscribe(stream.id, [] {});
  const auto news = late->take();
  ASSERT_EQ(news.size(), 2U);
  EXPECT_EQ(news[0].kind, FragmentNews::Kind::began);
  EXPECT_EQ(news[1].kind, FragmentNews::Kind::grew);
  EXPECT_EQ(news[1].fragment->summary.counter, number);
  EXPECT_EQ(news[1].bytes, block(1, 0, true).size());
}

TEST_F(MediaStoreTest, aFragmentThatBreaksOffIsReportedOnce) {
  const auto session = store->newSession(stream);
  session->header(header);
  const auto subscription = store->subscribe(stream.id, [] {});
  session->open(begun(0), serverTime(0));
  session->append(block(1, 0, true));
  session->discard();
  write(*session, 1);
  std::vector<FragmentNews::Kind> kinds;
  for (const auto& news : subscription->take())
    kinds.push_back(news.kind);
  using Kind = FragmentNews::Kind;
  EXPECT_EQ(kinds, (std::vector<Kind>{Kind::began, Kind::brokeOff, Kind::began, Kind::grew, Kind::stored}));
}

TEST_F(MediaStoreTest, newsAreOfOneStreamAndEndWithTheSubscription) {
  int woken = 0;
  auto subscription = store->subscribe(2, [&] { ++woken; });
  writeMany(stream, 1);
  EXPECT_EQ(woken, 0);
  const auto other = addStream(2, "other");
  writeMany(other, 1);
  EXPECT_EQ(woken, 1) << "once until they are taken";
  EXPECT_EQ(subscription->take().back().kind, FragmentNews::Kind::stored);
  subscription.reset();
  writeMany(other, 1);
  EXPECT_EQ(woken, 1);
}

TEST(LiveFragments, whoTakesNoNewsIsToldThatSomeWereMissedAndHoldsFew) {
  LiveFragments live;
  const auto slow = live.subscribe(1, [] {});
  const auto quick = live.subscribe(1, [] {});
  std::size_t quickNews = 0;
  for (std::uint64_t number = 1; number <= 10'000; ++number) {
    const auto fragment = std::make_shared<FragmentBegun>();
    fragment->streamId = 1;
    fragment->summary.counter = number;
    live.began(fragment);
    for (std::uint64_t bytes = 1; bytes <= 5; ++bytes)
      live.grew(*fragment, bytes);
    live.stored(*fragment, fragment->summary);
    quickNews += quick->take().size();
  }
  EXPECT_EQ(quickNews, 30'000U) << "growth is summed up until it is taken";
  const auto news = slow->take();
  EXPECT_LE(news.size(), 256U);
  ASSERT_FALSE(news.empty());
  EXPECT_EQ(news.front().kind, FragmentNews::Kind::missed);
  EXPECT_EQ(news.back().kind, FragmentNews::Kind::stored);
  EXPECT_EQ(news.back().fragment->summary.counter, 10'000U);
}

}  // namespace
}  // namespace kvslocal
