// SPDX-License-Identifier: Apache-2.0
// Which folders kvs-local takes for its own, and what it leaves alone in them.
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>

#include "cli/exporter.h"
#include "cli/lister.h"
#include "http/self_signed.h"
#include "store/data_format.h"
#include "store/store.h"
#include "store/store_reader.h"
#include "temp_folder.h"

namespace {

int readersThere = 0;

}  // namespace

// In place of the C library's: the same, but for readers who hold the lock at so many attempts.
extern "C" int flock(int fd, int operation) noexcept {
  if ((operation & LOCK_EX) != 0 && readersThere > 0) {
    --readersThere;
    errno = EWOULDBLOCK;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_flock, fd, operation));
}

namespace kvslocal {
namespace {

namespace fs = std::filesystem;
using namespace test;

constexpr const char* made = KVS_LOCAL_UNMARKED "/folder";
constexpr const char* exports = KVS_LOCAL_UNMARKED "/exports";

void write(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Every file and link below a folder with what it holds.
std::map<std::string, std::string> everythingIn(const std::string& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = entry.path().string();
    if (entry.is_symlink()) {
      found[path] = "-> " + fs::read_symlink(entry.path()).string();
    } else {
      found[path] = entry.is_regular_file() ? contents(path) : "";
    }
  }
  return found;
}

void query(const std::string& index, const std::string& sql) {
  auto database = Database::open(index, Database::Mode::readWrite);
  ASSERT_TRUE(database) << database.error();
  const auto done = database->execute(sql);
  ASSERT_TRUE(done) << done.error();
}

std::int64_t numberIn(const std::string& index, const std::string& sql) {
  return Database::open(index, Database::Mode::readOnly)->number(sql).value_or(-1);
}

class DataFolder : public testing::Test {
 protected:
  [[nodiscard]] std::string at(const std::string& name) const { return data.path() + '/' + name; }
  void open() {
    const auto store = Store::open(data.path());
    EXPECT_TRUE(store) << store.error();
  }
  /// The sentence with which the folder is refused; it is as it was before.
  std::string refusal() {
    const auto before = everythingIn(data.path());
    const auto store = Store::open(data.path());
    EXPECT_FALSE(store);
    EXPECT_EQ(everythingIn(data.path()), before) << "a refused folder was changed";
    return store ? "" : store.error();
  }
  void copyUnmarked() { fs::copy(made, data.path(), fs::copy_options::recursive); }
  [[nodiscard]] std::string exported(const std::string& stream, const std::string& file) const {
    ExportOptions options;
    options.dataDir = data.path();
    options.stream = stream;
    options.output = elsewhere.path() + '/' + stream + ".mkv";
    const auto report = exportStream(options);
    EXPECT_TRUE(report) << report.error();
    return contents(elsewhere.path() + '/' + file);
  }
  void expectSameExports() const {
    EXPECT_EQ(exported("cam", "cam.mkv"), contents(std::string(exports) + "/cam.mkv"));
    EXPECT_EQ(exported("cam", "cam-2.mkv"), contents(std::string(exports) + "/cam-2.mkv"));
    EXPECT_EQ(exported("gate", "gate.mkv"), contents(std::string(exports) + "/gate.mkv"));
  }

  TempFolder data;
  TempFolder elsewhere;
};

TEST_F(DataFolder, anEmptyFolderGetsTheMark) {
  open();
  EXPECT_EQ(numberIn(at("kvs-local.db"), "PRAGMA application_id"), 0x4B56534C);
  EXPECT_EQ(numberIn(at("kvs-local.db"), "PRAGMA user_version"), 1);
  open();
}

TEST_F(DataFolder, aFolderThatIsNotThereIsMade) {
  const auto store = Store::open(at("new/one"));
  EXPECT_TRUE(store) << store.error();
}

TEST_F(DataFolder, aPathThatBeginsWithTwoSlashesIsOne) {
  open();
  const std::string path = '/' + data.path();
  EXPECT_TRUE(StoreReader::open(path));
  const auto store = Store::open(path);
  EXPECT_TRUE(store) << store.error();
}

TEST_F(DataFolder, anIndexOfNoLengthIsAnEmptyFolder) {
  write(at("kvs-local.db"), "");
  open();
}

TEST_F(DataFolder, filesOfOthersBesideOursStay) {
  write(at("notes.txt"), "mine");
  fs::create_directories(at("lost+found"));
  open();
  EXPECT_EQ(contents(at("notes.txt")), "mine");
  EXPECT_TRUE(fs::exists(at("lost+found")));
}

TEST_F(DataFolder, filesOfOthersUnderStreamsAreRefusedAndStay) {
  write(at("streams/holiday/beach.jpg"), "picture");
  EXPECT_NE(refusal().find("streams/holiday was not made by kvs-local"), std::string::npos);
}

TEST_F(DataFolder, streamsOfOthersThatLookLikeOursAreRefusedWithoutAnIndex) {
  write(at("streams/1-cam/fragments/00000000000000000001.frag"), "video");
  EXPECT_NE(refusal().find("streams/1-cam"), std::string::npos);
}

TEST_F(DataFolder, anIndexThatIsNoDatabaseIsRefused) {
  write(at("kvs-local.db"), std::string(5000, 'x'));
  EXPECT_NE(refusal().find("was not made by kvs-local"), std::string::npos);
  write(at("kvs-local.db"), "short");
  EXPECT_NE(refusal().find("was not made by kvs-local"), std::string::npos);
}

TEST_F(DataFolder, anotherProgramsDatabaseIsRefused) {
  query(at("kvs-local.db"),
        "CREATE TABLE streams(id INTEGER PRIMARY KEY, title TEXT); INSERT INTO streams VALUES(1,'x')");
  EXPECT_NE(refusal().find("was not made by kvs-local"), std::string::npos);
}

TEST_F(DataFolder, anotherProgramsDatabaseIsKnownByItsMark) {
  query(at("kvs-local.db"), "PRAGMA application_id=7; CREATE TABLE t(x)");
  EXPECT_NE(refusal().find("was not made by kvs-local"), std::string::npos);
}

TEST_F(DataFolder, ourTablesWithAnotherVersionAndNoMarkAreAnotherPrograms) {
  copyUnmarked();
  query(at("kvs-local.db"), "PRAGMA user_version=3; PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_NE(refusal().find("was not made by kvs-local"), std::string::npos);
}

TEST_F(DataFolder, aNewerVersionIsRefusedByServerAndReader) {
  open();
  query(at("kvs-local.db"), "PRAGMA user_version=2");
  EXPECT_NE(refusal().find("a newer kvs-local wrote the data folder"), std::string::npos);
  const auto reader = StoreReader::open(data.path());
  ASSERT_FALSE(reader);
  EXPECT_NE(reader.error().find("a newer kvs-local"), std::string::npos);
}

TEST_F(DataFolder, linksAtThePlacesOfOursAreRefused) {
  write(elsewhere.path() + "/streams/keep.txt", "kept");
  write(elsewhere.path() + "/other.db", "");
  const std::map<std::string, std::string> links{{"streams", elsewhere.path() + "/streams"},
                                                 {"kvs-local.db", elsewhere.path() + "/other.db"},
                                                 {"lock", elsewhere.path() + "/other.db"}};
  for (const auto& [name, target] : links) {
    fs::create_symlink(target, at(name));
    EXPECT_NE(refusal().find("follows no link"), std::string::npos) << name;
    EXPECT_EQ(contents(elsewhere.path() + "/streams/keep.txt"), "kept");
    fs::remove(at(name));
  }
}

TEST_F(DataFolder, whatOthersPutAmongOursStays) {
  copyUnmarked();
  const std::vector<std::string> others{"streams/backup/a.txt",
                                        "streams/9-old/fragments/00000000000000000001.frag",
                                        "streams/1-cam/notes.txt",
                                        "streams/1-cam/fragments/notes.txt",
                                        "streams/1-cam/fragments/00001795865898675915.frag.bak",
                                        "streams/1-cam/headers/mine.mkv"};
  for (const auto& name : others)
    write(at(name), "foreign");
  fs::create_directories(at("streams/7-folder/holiday"));
  for (int start = 0; start < 2; ++start)
    open();
  for (const auto& name : others)
    EXPECT_EQ(contents(at(name)), "foreign") << name;
  EXPECT_TRUE(fs::exists(at("streams/7-folder/holiday")));
  expectSameExports();
}

TEST_F(DataFolder, aDeletedStreamTakesOnlyItsOwnFilesWithIt) {
  copyUnmarked();
  write(at("streams/1-cam/notes.txt"), "foreign");
  write(at("streams/1-cam/fragments/photo.jpg"), "foreign");
  write(elsewhere.path() + "/kept.txt", "kept");
  fs::create_symlink(elsewhere.path() + "/kept.txt", at("streams/1-cam/fragments/00000000000000000009.frag"));
  auto store = Store::open(data.path());
  ASSERT_TRUE(store);
  const auto streams = (*store)->loadStreams();
  for (const auto& stream : *streams)
    ASSERT_TRUE((*store)->deleteStream(stream));
  ASSERT_TRUE((*store)->commit());
  EXPECT_FALSE(fs::exists(at("streams/2-gate")));
  EXPECT_FALSE(fs::exists(at("streams/1-cam/fragments/00001795865898675915.frag")));
  EXPECT_FALSE(fs::exists(at("streams/1-cam/headers")));
  EXPECT_EQ(contents(at("streams/1-cam/notes.txt")), "foreign");
  EXPECT_EQ(contents(at("streams/1-cam/fragments/photo.jpg")), "foreign");
  EXPECT_EQ(contents(elsewhere.path() + "/kept.txt"), "kept");
}

TEST_F(DataFolder, aStreamsFolderThatIsALinkIsNotFollowed) {
  copyUnmarked();
  const std::string outside = elsewhere.path() + "/outside";
  fs::rename(at("streams/1-cam"), outside);
  write(outside + "/fragments/00000000000000000009.frag", "would be a leftover");
  fs::create_directory_symlink(outside, at("streams/1-cam"));
  const auto before = everythingIn(outside);
  auto store = Store::open(data.path());
  ASSERT_TRUE(store) << store.error();
  EXPECT_EQ(everythingIn(outside), before);
  EXPECT_FALSE((*store)->createFragment(streamFolder(data.path(), 1, "cam"), 77));
  const auto streams = (*store)->loadStreams();
  ASSERT_TRUE((*store)->deleteStream(streams->at(0)));
  ASSERT_TRUE((*store)->commit());
  EXPECT_EQ(everythingIn(outside), before);
  EXPECT_TRUE(fs::is_symlink(at("streams/1-cam")));
}

TEST_F(DataFolder, aFragmentsFileThatIsALinkIsDamaged) {
  copyUnmarked();
  const std::string file = at("streams/1-cam/fragments/00001795865898675917.frag");
  const std::string outside = elsewhere.path() + "/outside.frag";
  fs::rename(file, outside);
  fs::create_symlink(outside, file);
  const auto before = contents(outside);
  ListOptions options;
  options.dataDir = data.path();
  options.stream = "cam";
  EXPECT_NE(listStore(options)->find("damaged: it is no plain file"), std::string::npos);
  open();
  EXPECT_EQ(contents(outside), before);
  EXPECT_TRUE(fs::is_symlink(file));
}

TEST_F(DataFolder, aFragmentIsNotPutOverAFileOfOthers) {
  copyUnmarked();
  auto store = Store::open(data.path());
  ASSERT_TRUE(store);
  const std::string folder = streamFolder(data.path(), 1, "cam");
  write(fragmentPath(folder, 5), "foreign");
  auto file = (*store)->createFragment(folder, 5);
  ASSERT_TRUE(file);
  FragmentSummary summary;
  summary.counter = 5;
  EXPECT_FALSE((*store)->seal(std::move(*file), 1, 1, summary, WallTime{}));
  EXPECT_EQ(contents(fragmentPath(folder, 5)), "foreign");
}

TEST_F(DataFolder, oneOfTheFirstVersionIsReadBeforeItIsTakenOver) {
  copyUnmarked();
  const auto before = everythingIn(data.path());
  expectSameExports();
  EXPECT_EQ(everythingIn(data.path()), before) << "reading changed the folder";
}

TEST_F(DataFolder, oneOfTheFirstVersionIsTakenOverAndExportsTheSame) {
  copyUnmarked();
  open();
  EXPECT_EQ(numberIn(at("kvs-local.db"), "PRAGMA user_version"), 1);
  expectSameExports();
  auto store = Store::open(data.path());
  ASSERT_TRUE(store);
  const auto streams = (*store)->loadStreams();
  ASSERT_EQ(streams->size(), 2U);
  EXPECT_EQ(streams->at(0).deviceName, "door");
  EXPECT_EQ(streams->at(0).tags,
            (std::map<std::string, std::string>{{"colour", "gr\xC3\xBCn"}, {"room", "hall"}}));
  EXPECT_EQ((*store)->nextStreamId(), 3);
}

TEST_F(DataFolder, aCrashWhileItIsTakenOverLeavesItAsItWas) {
  copyUnmarked();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // dies with the transaction open, and with its pages written
    auto index = Database::open(at("kvs-local.db"), Database::Mode::readWrite);
    const bool begun = index && index->execute("PRAGMA cache_size=1; PRAGMA cache_spill=1; BEGIN IMMEDIATE;" +
                                               changesFrom(DataFormat::unmarked));
    ::_exit(begun ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  const auto root = Folder::open(data.path());
  EXPECT_EQ(lookAt(*root), DataFormat::unmarked);
  open();
  EXPECT_EQ(lookAt(*root), DataFormat::current);
  expectSameExports();
}

TEST_F(DataFolder, changesThatACrashLeftBesideTheIndexAreTakenOver) {
  copyUnmarked();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto index = Database::open(at("kvs-local.db"), Database::Mode::readWrite);
    const bool done = index && index->execute("UPDATE streams SET device='gate' WHERE name='cam'");
    ::_exit(done ? 0 : 1);  // without closing: the change stays in the log beside the index
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_GT(fs::file_size(at("kvs-local.db-wal")), 0U);
  auto store = Store::open(data.path());
  ASSERT_TRUE(store) << store.error();
  EXPECT_EQ((*store)->loadStreams()->at(0).deviceName, "gate");
}

TEST_F(DataFolder, aKeyThatIsThereIsNotReplaced) {
  write(at("tls/key.pem"), "mine");
  const auto files = ensureSelfSigned(data.path());
  ASSERT_FALSE(files);
  EXPECT_NE(files.error().find("--cert and --key"), std::string::npos);
  EXPECT_EQ(contents(at("tls/key.pem")), "mine");
  fs::remove_all(at("tls"));
  EXPECT_TRUE(ensureSelfSigned(data.path()));
}

TEST_F(DataFolder, readersThatLookWhetherAServerRunsKeepNoneFromStarting) {
  readersThere = 3;
  open();
  EXPECT_EQ(readersThere, 0);
}

TEST_F(DataFolder, twoServersCannotTakeOneOver) {
  copyUnmarked();
  const auto first = Store::open(data.path());
  ASSERT_TRUE(first);
  const auto second = Store::open(data.path());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("another kvs-local uses the data folder"), std::string::npos);
}

}  // namespace
}  // namespace kvslocal
