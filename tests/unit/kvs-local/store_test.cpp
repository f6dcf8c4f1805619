// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "matroska/matroska_reader.h"
#include "mkv_bytes.h"
#include "store/store_reader.h"
#include "temp_folder.h"

namespace {

std::size_t foldersSynced = 0;

}  // namespace

// In place of the C library's: the same, and folders are counted.
extern "C" int fsync(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) ++foldersSynced;
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace kvslocal {
namespace {

namespace fs = std::filesystem;
using namespace test;
using std::chrono::milliseconds;

StreamHeader headerOf(const Bytes& tracks) {
  StreamHeader header;
  header.raw = head(tracks);
  header.tracksElement = tracks;
  return header;
}

/// While it lives no file of the process may grow, as on a full disk.
class LimitedFiles {
 public:
  LimitedFiles() {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{0, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~LimitedFiles() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  LimitedFiles(const LimitedFiles&) = delete;
  LimitedFiles& operator=(const LimitedFiles&) = delete;

 private:
  rlimit before_{};
};

class StoreTest : public testing::Test {
 protected:
  StoreTest() { reopen(); }

  void reopen() {
    store.reset();
    auto opened = Store::open(data.path());
    ASSERT_TRUE(opened) << opened.error();
    store = std::move(*opened);
  }

  void addStream(const std::string& name, std::int64_t id = 1) {
    stream.id = id;
    stream.name = name;
    stream.arn = "arn:aws:kinesisvideo:us-west-2:1:stream/" + name + "/1";
    stream.tags = {{"k:1", "v 1"}, {"", ""}};
    ASSERT_TRUE(store->saveStream(stream));
    ASSERT_TRUE(store->commit());
  }

  [[nodiscard]] std::string folder() const { return streamFolder(data.path(), stream.id, stream.name); }

  FragmentFile begin(std::uint64_t counter, const Bytes& blocks = block(1, 0, true)) {
    auto file = store->createFragment(folder(), counter);
    EXPECT_TRUE(file) << file.error();
    EXPECT_TRUE(writeAll(file->file.get(), blocks));
    return std::move(*file);
  }

  void seal(FragmentFile file, milliseconds timecode) {
    const auto header = store->ensureHeader(stream.id, folder(), headerOf(videoTracks()));
    ASSERT_TRUE(header) << header.error();
    FragmentSummary summary;
    summary.counter = file.counter;
    summary.timecode = summary.firstTime = summary.lastTime = timecode;
    summary.bytes = 5;
    summary.frames = {{1, 3}, {2, 4}};
    summary.tags = {{"name", "value: 3"}};
    const auto sealed = store->seal(std::move(file), stream.id, *header, summary, WallTime(milliseconds(9)));
    ASSERT_TRUE(sealed) << sealed.error();
  }

  std::vector<FragmentRow> rows(bool all = false) {
    auto reader = StoreReader::open(data.path());
    EXPECT_TRUE(reader) << reader.error();
    auto found = reader->fragments({stream.id, all, {}, {}});
    EXPECT_TRUE(found) << found.error();
    return *found;
  }

  [[nodiscard]] std::size_t files() const {
    std::error_code error;
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder() + "/fragments", error), fs::directory_iterator()));
  }

  TempFolder data;
  std::unique_ptr<Store> store;
  StreamRecord stream;
};

TEST_F(StoreTest, keepsStreams) {
  stream.deviceName = "door";
  stream.mediaType = "video/h264";
  stream.created = WallTime(milliseconds(1234567890123));
  stream.retentionHours = 24;
  addStream("cam");
  reopen();
  const auto loaded = store->loadStreams();
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->size(), 1U);
  EXPECT_EQ(loaded->at(0).name, "cam");
  EXPECT_EQ(loaded->at(0).arn, stream.arn);
  EXPECT_EQ(loaded->at(0).deviceName, "door");
  EXPECT_EQ(loaded->at(0).created, stream.created);
  EXPECT_EQ(loaded->at(0).retentionHours, 24);
  EXPECT_EQ(loaded->at(0).tags, stream.tags);
}

TEST_F(StoreTest, keepsFragments) {
  addStream("cam");
  seal(begin(41), milliseconds(1000));
  ASSERT_TRUE(store->commit());
  reopen();
  const auto found = rows();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].summary.counter, 41U);
  EXPECT_EQ(found[0].summary.timecode, milliseconds(1000));
  EXPECT_EQ(found[0].summary.frames[1].frames, 4U);
  EXPECT_EQ(found[0].summary.tags, (std::vector<SimpleTag>{{"name", "value: 3"}}));
  EXPECT_EQ(store->greatestCounter().value(), 41U);
  EXPECT_EQ(readFile(fragmentPath(folder(), 41)).value(), block(1, 0, true));
}

TEST_F(StoreTest, whatWasNotCommittedIsGoneAfterACrash) {
  addStream("cam");
  seal(begin(1), milliseconds(1000));
  ASSERT_TRUE(store->commit());
  seal(begin(2), milliseconds(2000));  // in its place, but without a committed row
  const FragmentFile open = begin(3);  // still being received
  EXPECT_EQ(files(), 3U);
  reopen();  // as after kill -9: nothing was undone by hand
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(rows().size(), 1U);
  seal(begin(2), milliseconds(2000));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(rows().size(), 2U);
}

TEST_F(StoreTest, discardRemovesTheFile) {
  addStream("cam");
  store->discard(begin(7));
  EXPECT_EQ(files(), 0U);
}

TEST_F(StoreTest, theLaterOfTwoWithOneTimecodeReplacesTheEarlier) {
  addStream("cam");
  seal(begin(1), milliseconds(1000));
  seal(begin(2), milliseconds(2000));
  seal(begin(3), milliseconds(1000));
  ASSERT_TRUE(store->commit());
  const auto latest = rows();
  ASSERT_EQ(latest.size(), 2U);
  EXPECT_EQ(latest[0].summary.counter, 3U);
  EXPECT_EQ(latest[1].summary.counter, 2U);
  EXPECT_EQ(rows(true).size(), 3U);
}

TEST_F(StoreTest, deletingAStreamRemovesItsFiles) {
  addStream("cam");
  seal(begin(1), milliseconds(1000));
  ASSERT_TRUE(store->commit());
  ASSERT_TRUE(store->deleteStream(stream));
  EXPECT_TRUE(fs::exists(folder()));
  ASSERT_TRUE(store->commit());
  EXPECT_FALSE(fs::exists(folder()));
  EXPECT_TRUE(rows(true).empty());
}

TEST_F(StoreTest, foldersOfStreamsThatAreGoneAreRemovedAtStart) {
  fs::create_directories(data.path() + "/streams/99-old/fragments");
  reopen();
  EXPECT_FALSE(fs::exists(data.path() + "/streams/99-old"));
}

TEST_F(StoreTest, filesOfADeletedStreamThatACrashLeftBehindGoAtTheNextStart) {
  addStream("cam", 4);
  seal(begin(1), milliseconds(1000));
  ASSERT_TRUE(store->commit());
  const TempFolder aside;
  fs::copy(folder(), aside.path() + "/copy", fs::copy_options::recursive);
  ASSERT_TRUE(store->deleteStream(stream));
  ASSERT_TRUE(store->commit());
  store.reset();
  fs::copy(aside.path() + "/copy", folder(), fs::copy_options::recursive);
  auto index = Database::open(indexPath(data.path()), Database::Mode::readWrite);
  ASSERT_TRUE(index->execute("INSERT INTO removals VALUES(4,'4-cam')"));
  reopen();
  EXPECT_FALSE(fs::exists(folder()));
  EXPECT_EQ(index->number("SELECT COUNT(*) FROM removals"), 0);
}

TEST_F(StoreTest, anIdIsNotGivenAgainWhileFilesOfItAreLeft) {
  addStream("cam", 6);
  EXPECT_EQ(store->nextStreamId(), 7);
  const auto header = store->ensureHeader(6, folder(), headerOf(videoTracks()));
  ASSERT_TRUE(header);
  ASSERT_TRUE(store->deleteStream(stream));
  EXPECT_EQ(store->nextStreamId(), 7) << "the stream's row is gone, its files are not";
}

TEST_F(StoreTest, aFolderIsSyncedOnceForAllFragmentsThatAreCommittedTogether) {
  addStream("cam");
  seal(begin(1), milliseconds(1000));
  ASSERT_TRUE(store->commit());
  foldersSynced = 0;
  for (std::uint64_t counter = 2; counter <= 20; ++counter)
    seal(begin(counter), milliseconds(1000 * counter));
  EXPECT_EQ(foldersSynced, 0U);
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(foldersSynced, 1U);
  EXPECT_EQ(rows().size(), 20U);
}

TEST_F(StoreTest, aFolderThatCouldNotBeMadeIsTriedAgain) {
  addStream("cam");
  const std::string inTheWay = data.path() + "/streams/1-cam";
  std::ofstream(inTheWay) << "a file";
  EXPECT_FALSE(store->createFragment(folder(), 1));
  EXPECT_FALSE(store->ensureHeader(1, folder(), headerOf(videoTracks())));
  fs::remove(inTheWay);
  seal(begin(2), milliseconds(1000));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(rows().size(), 1U);
}

TEST_F(StoreTest, aFolderThatWasRemovedMeanwhileIsMadeAgain) {
  addStream("cam");
  seal(begin(1), milliseconds(1000));
  ASSERT_TRUE(store->commit());
  fs::remove_all(folder());
  seal(begin(2), milliseconds(2000));  // its session writes the header again
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(files(), 1U);
}

TEST_F(StoreTest, aFragmentWithoutItsHeadersFileIsNotStored) {
  addStream("cam");
  const auto header = store->ensureHeader(1, folder(), headerOf(videoTracks()));
  ASSERT_TRUE(header);
  const std::string path = fs::directory_iterator(folder() + "/headers")->path().string();
  FragmentSummary summary;
  summary.counter = 1;
  fs::resize_file(path, 0);
  EXPECT_FALSE(store->seal(begin(1), 1, *header, summary, WallTime{}));
  fs::remove(path);
  EXPECT_FALSE(store->seal(begin(1), 1, *header, summary, WallTime{}));
  EXPECT_EQ(files(), 0U);
  ASSERT_TRUE(store->commit());
  EXPECT_TRUE(rows().empty());
  EXPECT_EQ(store->ensureHeader(1, folder(), headerOf(videoTracks())), *header) << "and it comes back";
  EXPECT_TRUE(store->seal(begin(1), 1, *header, summary, WallTime{}));
}

TEST_F(StoreTest, aFragmentWhoseFileIsGoneIsNotStored) {
  addStream("cam");
  const auto header = store->ensureHeader(1, folder(), headerOf(videoTracks()));
  FragmentFile file = begin(1);
  fs::remove(fragmentPath(folder(), 1) + ".part");
  FragmentSummary summary;
  summary.counter = 1;
  EXPECT_FALSE(store->seal(std::move(file), 1, *header, summary, WallTime{}));
  ASSERT_TRUE(store->commit());
  EXPECT_TRUE(rows().empty());
}

TEST_F(StoreTest, aFileThatIsCutShortWhileItIsWrittenIsSeen) {
  addStream("cam");
  const FragmentFile file = begin(1, Bytes(100));
  fs::resize_file(fragmentPath(folder(), 1) + ".part", 0);
  ASSERT_TRUE(writeAll(file.file.get(), Bytes(50)));
  EXPECT_FALSE(expectLength(file.file.get(), 150));
  EXPECT_TRUE(expectLength(file.file.get(), 50));
}

TEST_F(StoreTest, nothingIsStoredForADeletedStream) {
  addStream("cam");
  FragmentFile file = begin(1);
  const auto header = store->ensureHeader(1, folder(), headerOf(videoTracks()));
  ASSERT_TRUE(store->deleteStream(stream));
  FragmentSummary summary;
  summary.counter = 1;
  EXPECT_FALSE(store->seal(std::move(file), 1, *header, summary, WallTime{}));
  EXPECT_FALSE(store->createFragment(folder(), 2));
  EXPECT_FALSE(store->ensureHeader(1, folder(), headerOf(videoTracks())));
  ASSERT_TRUE(store->commit());
  EXPECT_FALSE(fs::exists(folder()));
  EXPECT_TRUE(rows(true).empty());
}

TEST_F(StoreTest, whatACommitCouldNotWriteIsUndone) {
  addStream("cam");
  seal(begin(1), milliseconds(1000));
  ASSERT_TRUE(store->commit());
  ASSERT_TRUE(store->deleteStream(stream));
  {
    const LimitedFiles full;
    EXPECT_FALSE(store->commit());
  }
  EXPECT_TRUE(fs::exists(fragmentPath(folder(), 1)));
  EXPECT_EQ(store->loadStreams()->size(), 1U);
  seal(begin(2), milliseconds(2000));  // the stream is there as before
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(rows().size(), 2U);
}

TEST_F(StoreTest, aFragmentThatACommitCouldNotWriteLeavesNoFile) {
  addStream("cam");
  seal(begin(1), milliseconds(1000));
  {
    const LimitedFiles full;
    EXPECT_FALSE(store->commit());
  }
  EXPECT_EQ(files(), 0U);
  seal(begin(1), milliseconds(1000));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(rows().size(), 1U);
}

TEST_F(StoreTest, namesCannotLeaveTheFolder) {
  addStream("..");
  seal(begin(1), milliseconds(1000));
  ASSERT_TRUE(store->commit());
  EXPECT_TRUE(fs::exists(data.path() + "/streams/1-.."));
  reopen();
  EXPECT_EQ(rows().size(), 1U);
}

TEST_F(StoreTest, twoServersCannotShareAFolder) {
  const auto second = Store::open(data.path());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("another kvs-local"), std::string::npos);
}

TEST_F(StoreTest, oneHeaderIsStoredOnce) {
  addStream("cam");
  const auto first = store->ensureHeader(1, folder(), headerOf(videoTracks()));
  const auto again = store->ensureHeader(1, folder(), headerOf(videoTracks()));
  const auto other = store->ensureHeader(1, folder(), headerOf(videoAndAudioTracks()));
  EXPECT_EQ(first.value(), again.value());
  EXPECT_NE(first.value(), other.value());
}

TEST_F(StoreTest, fragmentsAreFoundByTime) {
  addStream("cam");
  for (std::uint64_t i = 1; i <= 4; ++i)
    seal(begin(i), milliseconds(1000 * i));
  ASSERT_TRUE(store->commit());
  auto reader = StoreReader::open(data.path());
  const auto found =
      reader->fragments({1, false, WallTime(milliseconds(2000)), WallTime(milliseconds(4000))});
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->front().summary.counter, 2U);
  EXPECT_EQ(found->back().summary.counter, 3U);
}

TEST(StoreReader, saysWhereItLooked) {
  const auto reader = StoreReader::open("/nowhere/at/all");
  ASSERT_FALSE(reader);
  EXPECT_NE(reader.error().find("/nowhere/at/all"), std::string::npos);
}

}  // namespace
}  // namespace kvslocal
