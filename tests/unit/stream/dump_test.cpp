// SPDX-License-Identifier: Apache-2.0
#include "upload/dump.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <mutex>
#include <vector>

#include "net/loop.h"
#include "stream_fixture.h"

namespace kvs::stream {
namespace {

namespace fs = std::filesystem;

class DumpTest : public testing::Test {
 protected:
  DumpTest() {
    std::string pattern = (fs::temp_directory_path() / "kvs-dump-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~DumpTest() override {
    settle();
    fs::remove_all(folder_);
  }

  upload::Dump dump(const std::string& folder, std::size_t mostWaiting = upload::Dump::bound) {
    return upload::Dump(
        folder, "yard",
        [this](const Error& error) {
          const std::lock_guard lock(mutex_);
          told_.push_back(error.message);
        },
        mostWaiting);
  }

  /// All that the worker was given before is done.
  void settle() {
    std::promise<void> done;
    worker_->post([&] { done.set_value(); });
    done.get_future().wait();
  }

  std::string file(unsigned number) const {
    std::ifstream in(fs::path(folder_) / ("yard_" + std::to_string(number) + ".mkv"), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  const std::shared_ptr<net::Loop> worker_ = net::Loop::worker();
  std::string folder_;
  std::mutex mutex_;
  std::vector<std::string> told_;
};

TEST_F(DumpTest, HasOneFileForEachSessionAndItsBytesInOrder) {
  const upload::Dump dump = this->dump(folder_);
  const auto first = dump.newSession();
  first->taken(asBytes("ab"));
  first->taken(asBytes("cd"));
  settle();
  const auto second = dump.newSession();
  second->taken(asBytes("xyz"));
  first->taken(asBytes("e"));
  settle();
  EXPECT_EQ(file(0), "abcde");
  EXPECT_EQ(file(1), "xyz");
  EXPECT_TRUE(told_.empty());
}

TEST_F(DumpTest, LeavesFilesAloneThatAreThere) {
  std::ofstream(fs::path(folder_) / "yard_0.mkv") << "older";
  const auto session = dump(folder_).newSession();
  session->taken(asBytes("newer"));
  settle();
  EXPECT_EQ(file(0), "older");
  EXPECT_EQ(file(1), "newer");
}

TEST_F(DumpTest, MakesNoFileForASessionThatSentNothing) {
  { const auto session = dump(folder_).newSession(); }
  settle();
  EXPECT_EQ(files(), 0u);
}

TEST_F(DumpTest, SaysOnceThatTheFolderIsMissingAndMakesNothing) {
  const std::string missing = folder_ + "/missing";
  const upload::Dump dump = this->dump(missing);
  for (int i = 0; i < 2; ++i) {
    dump.newSession()->taken(asBytes("ab"));
    settle();
  }
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_NE(told_[0].find(missing + "/yard_0.mkv"), std::string::npos) << told_[0];
  EXPECT_FALSE(fs::exists(missing));
}

TEST_F(DumpTest, IsCutWhereItFallsBehindAndSaysWhere) {
  const auto session = dump(folder_, 8).newSession();
  std::promise<void> mayWrite;
  worker_->post([wait = mayWrite.get_future().share()] { wait.wait(); });
  session->taken(asBytes("12345"));
  session->taken(asBytes("6789"));  // nine bytes would wait
  session->taken(asBytes("x"));     // which would fit, but leave a hole
  mayWrite.set_value();
  settle();
  EXPECT_EQ(file(0), "12345");
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_NE(told_[0].find("yard_0.mkv ends after 5 bytes"), std::string::npos) << told_[0];
}

class DumpOfABody : public test::StreamFixture {};

class Collect final : public upload::BodyTap {
 public:
  void taken(ByteView bytes) override { all.insert(all.end(), bytes.begin(), bytes.end()); }
  Bytes all;
};

TEST_F(DumpOfABody, IsEveryByteThatWasRead) {
  video();
  putGroups(3, 20, 3000);
  const auto tap = std::make_shared<Collect>();
  upload::SessionBody session(complete({.tap = tap}), store, sent, pacer, clock, *this);
  const Bytes read = readAll(session, 1000);
  EXPECT_FALSE(read.empty());
  EXPECT_EQ(tap->all, read);
}

}  // namespace
}  // namespace kvs::stream
