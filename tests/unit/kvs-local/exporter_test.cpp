// SPDX-License-Identifier: Apache-2.0
#include "cli/exporter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/lister.h"
#include "cli/time_text.h"
#include "matroska/block_rewrite.h"
#include "mkv_bytes.h"
#include "service/ack.h"
#include "service/ingest.h"
#include "store/store.h"
#include "temp_folder.h"

namespace kvslocal {
namespace {

using namespace test;
using std::chrono::milliseconds;

/// Puts what an Ingest makes of a body into a store, as a server would.
class Recording final : public IngestSink {
 public:
  explicit Recording(const std::string& dataDir) : store_(std::move(*Store::open(dataDir))) {
    stream_.id = 1;
    stream_.name = "cam";
    stream_.arn = "arn:aws:kinesisvideo:us-west-2:1:stream/cam/1";
    folder_ = streamFolder(dataDir, 1, "cam");
    EXPECT_TRUE(store_->saveStream(stream_));
  }

  void session(const Bytes& body, bool relative = false, milliseconds start = {}) {
    Ingest ingest({relative, WallTime(start), {}}, *this);
    ingest.feed(body, WallTime(milliseconds(2'000'000'000'000)));
    ingest.finish(WallTime(milliseconds(2'000'000'000'000)));
    EXPECT_EQ(ingest.reason(), "");
    EXPECT_TRUE(store_->commit());
  }

  void header(const StreamHeader& header) override {
    headerId_ = store_->ensureHeader(1, folder_, header).value();
  }
  std::uint64_t openFragment(const FragmentSummary&) override {
    file_ = std::move(*store_->createFragment(folder_, ++counter_));
    return counter_;
  }
  void append(ByteView bytes) override { EXPECT_TRUE(writeAll(file_.file.get(), bytes)); }
  void seal(const FragmentSummary& summary) override {
    EXPECT_TRUE(store_->seal(std::move(file_), 1, headerId_, summary, WallTime{}));
  }
  void discard() override { store_->discard(std::move(file_)); }
  void ack(const Ack&) override {}
  void blockSeen(const BlockSeen&) override {}

 private:
  std::unique_ptr<Store> store_;
  StreamRecord stream_;
  std::string folder_;
  std::int64_t headerId_ = 0;
  std::uint64_t counter_ = 0;
  FragmentFile file_;
};

/// What an exported file says, by the reader that is proved in matroska_reader_test.
class Reread final : public MatroskaHandler {
 public:
  explicit Reread(const std::string& path) : file(readFile(path).value()) {
    MatroskaReader reader(*this);
    EXPECT_EQ(reader.feed(file), ReadStatus::ok) << reader.error();
    EXPECT_TRUE(reader.atCleanEnd());
  }
  bool onHeader(const StreamHeader& seen) override {
    header = seen;
    return true;
  }
  bool onClusterStart(bool /*sized*/) override { return true; }
  bool onClusterTimecode(std::uint64_t ticks) override {
    clusters.push_back(ticks);
    return true;
  }
  bool onBlockStart(const BlockHead& seen) override {
    times.push_back(static_cast<std::int64_t>(clusters.back()) + seen.relativeTicks);
    raw.emplace_back();
    return true;
  }
  bool onBlockBytes(ByteView bytes) override {
    raw.back().insert(raw.back().end(), bytes.begin(), bytes.end());
    return true;
  }
  bool onBlockEnd(const BlockTail&) override { return true; }
  bool onTags(const std::vector<SimpleTag>& seen) override {
    tags.push_back(seen);
    return true;
  }

  /// The first element of that id among the Segment's children; its payload.
  [[nodiscard]] ByteView child(std::uint32_t id) const {
    ebml::Children top(file);
    top.next();
    const auto segment = top.next();
    EXPECT_TRUE(segment && segment->id == ebml::idSegment);
    EXPECT_FALSE(top.next());
    EXPECT_FALSE(top.broken());
    segmentPayload = segment->payload;
    ebml::Children children(segment->payload);
    while (const auto one = children.next()) {
      if (one->id == id) return one->payload;
    }
    return {};
  }

  Bytes file;
  StreamHeader header;
  std::vector<std::uint64_t> clusters;
  std::vector<std::int64_t> times;
  std::vector<Bytes> raw;
  std::vector<std::vector<SimpleTag>> tags;
  mutable ByteView segmentPayload;
};

std::optional<ebml::Element> fieldOf(ByteView payload, std::uint32_t id) {
  ebml::Children fields(payload);
  while (auto field = fields.next()) {
    if (field->id == id) return field;
  }
  return std::nullopt;
}

class ExporterTest : public testing::Test {
 protected:
  std::vector<ExportedFile> exported(ExportOptions options = {}) {
    options.dataDir = data.path();
    options.stream = "cam";
    options.output = data.path() + "/out.mkv";
    auto report = exportStream(options);
    EXPECT_TRUE(report) << report.error();
    if (!report) return {};
    steppedOver = report->steppedOver;
    return report->files;
  }
  TempFolder data;
  Recording recording{data.path()};
  std::vector<SteppedOver> steppedOver;
};

TEST_F(ExporterTest, beginsAtZeroAndTellsTheWallClock) {
  recording.session(join({head(), cluster(1'700'000'000'500), block(1, 0, true), block(1, 40, false),
                          cluster(1'700'000'001'500), block(1, 0, true), block(1, 41, false)}));
  const auto files = exported();
  ASSERT_EQ(files.size(), 1U);
  EXPECT_EQ(files[0].fragments, 2U);
  EXPECT_EQ(files[0].frames, 4U);
  EXPECT_EQ(formatTime(files[0].begins), "2023-11-14T22:13:20.500Z");
  EXPECT_EQ(files[0].duration, milliseconds(1082));

  const Reread read(files[0].path);
  EXPECT_EQ(read.clusters, (std::vector<std::uint64_t>{0, 1000}));
  EXPECT_EQ(read.times, (std::vector<std::int64_t>{0, 40, 1000, 1041}));
  EXPECT_EQ(read.raw[3], block(1, 41, false));
  EXPECT_EQ(read.header.tracksElement, videoTracks());
  const ByteView info = read.child(ebml::idInfo);
  EXPECT_DOUBLE_EQ(ebml::readFloat(fieldOf(info, ebml::idDuration)->payload).value(), 1082.0);
  // 2023-11-14T22:13:20.500Z is 721,692,800.5 s after the beginning of 2001.
  EXPECT_EQ(ebml::readUint(fieldOf(info, ebml::idDateUtc)->payload), 721'692'800'500'000'000U);
}

TEST_F(ExporterTest, seekHeadAndCuesPointAtWhatTheySay) {
  recording.session(join({head(), cluster(1000), block(1, 0, true), cluster(2000), block(1, 5, true)}));
  const Reread read(exported()[0].path);
  ebml::Children seeks(read.child(ebml::idSeekHead));
  int found = 0;
  while (const auto seek = seeks.next()) {
    const auto id =
        static_cast<std::uint32_t>(ebml::readUint(fieldOf(seek->payload, ebml::idSeekId)->payload));
    const auto at = ebml::readUint(fieldOf(seek->payload, ebml::idSeekPosition)->payload);
    ebml::Children there(read.segmentPayload.subspan(at));
    EXPECT_EQ(there.next()->id, id);
    ++found;
  }
  EXPECT_EQ(found, 3);
  std::vector<std::uint64_t> cueTimes;
  ebml::Children cues(read.child(ebml::idCues));
  while (const auto cue = cues.next()) {
    cueTimes.push_back(ebml::readUint(fieldOf(cue->payload, ebml::idCueTime)->payload));
    const auto place = fieldOf(cue->payload, ebml::idCueTrackPositions);
    const auto at = ebml::readUint(fieldOf(place->payload, ebml::idCueClusterPosition)->payload);
    ebml::Children there(read.segmentPayload.subspan(at));
    EXPECT_EQ(there.next()->id, ebml::idCluster);
  }
  EXPECT_EQ(cueTimes, (std::vector<std::uint64_t>{0, 1005}));
}

TEST_F(ExporterTest, aRepeatedFragmentReplacesTheEarlierCopy) {
  recording.session(
      join({head(), cluster(1000), block(1, 0, true, "old"), cluster(2000), block(1, 0, true, "b")}));
  recording.session(join({head(), cluster(1000), block(1, 0, true, "new")}));
  const Reread read(exported()[0].path);
  ASSERT_EQ(read.raw.size(), 2U);
  EXPECT_EQ(read.raw[0], block(1, 0, true, "new"));
  EXPECT_EQ(read.raw[1], block(1, 0, true, "b"));
}

TEST_F(ExporterTest, aChangedHeaderBeginsAnotherFile) {
  const Bytes sameButUid = element(ebml::idTracks, track(1, 1, 999));
  recording.session(join({head(), cluster(1000), block(1, 0, true)}));
  recording.session(join({head(sameButUid), cluster(2000), block(1, 0, true)}));
  recording.session(join({head(videoAndAudioTracks()), cluster(3000), block(1, 0, true), block(2, 0, true)}));
  const auto files = exported();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].fragments, 2U);
  EXPECT_EQ(files[1].path, data.path() + "/out-2.mkv");
  const Reread second(files[1].path);
  EXPECT_EQ(second.clusters, (std::vector<std::uint64_t>{0}));
  EXPECT_EQ(second.header.tracks.size(), 2U);
}

TEST_F(ExporterTest, relativeSessionsWithOtherStartsLineUp) {
  recording.session(join({head(), cluster(0), block(1, 0, true)}), true, milliseconds(1'600'000'000'000));
  recording.session(join({head(), cluster(5), block(1, 0, true)}), true, milliseconds(1'600'000'002'001));
  const Reread read(exported()[0].path);
  EXPECT_EQ(read.times, (std::vector<std::int64_t>{0, 2006}));
}

TEST_F(ExporterTest, aCoarserScaleIsWrittenInMilliseconds) {
  const Bytes group = element(ebml::idBlockGroup, element(ebml::idBlock, blockPayload(1, 7, 0, "group")));
  recording.session(
      join({head(videoTracks(), 10'000'000), cluster(3), block(1, 0, true), block(1, -1, false), group}),
      true, milliseconds(1'600'000'000'003));
  const Reread read(exported()[0].path);
  EXPECT_EQ(read.header.timecodeScale, 1'000'000U);
  EXPECT_EQ(read.times, (std::vector<std::int64_t>{10, 0, 80}));
  EXPECT_EQ(read.raw[1], block(1, -10, false));
  EXPECT_EQ(read.raw[2], block(1, 70, true, "group"));
}

TEST_F(ExporterTest, aFinerScaleStays) {
  recording.session(
      join({head(videoTracks(), 100'000), cluster(10'001), block(1, 0, true), block(1, 3, false)}));
  const Reread read(exported()[0].path);
  EXPECT_EQ(read.header.timecodeScale, 100'000U);
  EXPECT_EQ(read.times, (std::vector<std::int64_t>{1, 4}));  // time 0 is the whole millisecond before
}

TEST_F(ExporterTest, tagsStandBeforeTheirCluster) {
  recording.session(join({head(), tags({{"a", "1"}, {"b", "\xFF"}}), cluster(1000), block(1, 0, true)}));
  EXPECT_EQ(Reread(exported()[0].path).tags,
            (std::vector<std::vector<SimpleTag>>{{{"a", "1"}, {"b", "\xFF"}}}));
  ExportOptions without;
  without.tags = false;
  EXPECT_TRUE(Reread(exported(without)[0].path).tags.empty());
}

TEST_F(ExporterTest, fromAndToChooseWholeFragments) {
  recording.session(join({head(), cluster(1000), block(1, 0, true), cluster(2000), block(1, 0, true),
                          cluster(3000), block(1, 0, true)}));
  ExportOptions options;
  options.from = WallTime(milliseconds(1001));
  options.to = WallTime(milliseconds(3000));
  const auto files = exported(options);
  EXPECT_EQ(files[0].fragments, 1U);
  EXPECT_EQ(formatTime(files[0].begins), "1970-01-01T00:00:02.000Z");
}

TEST_F(ExporterTest, saysWhenThereIsNothing) {
  ExportOptions options;
  options.dataDir = data.path();
  options.stream = "other";
  EXPECT_FALSE(exportStream(options));
}

TEST_F(ExporterTest, lsTellsTheSame) {
  recording.session(
      join({head(), tags({{"a", "1"}}), cluster(1000), block(1, 0, true), block(1, 40, false)}));
  ListOptions options;
  options.dataDir = data.path();
  options.stream = "cam";
  const auto table = listStore(options);
  ASSERT_TRUE(table) << table.error();
  EXPECT_NE(table->find("1000"), std::string::npos);
  EXPECT_NE(table->find("a=1"), std::string::npos);
  options.json = true;
  EXPECT_NE(listStore(options)->find("\"duration_ms\": 80"), std::string::npos);
  options.stream.clear();
  EXPECT_NE(listStore(options)->find("\"fragments\": 1"), std::string::npos);
}

TEST(ExportPath, countsBeforeTheExtension) {
  EXPECT_EQ(exportPath("out.mkv", 1), "out.mkv");
  EXPECT_EQ(exportPath("out.mkv", 2), "out-2.mkv");
  EXPECT_EQ(exportPath("a.b/out", 3), "a.b/out-3");
  EXPECT_EQ(exportPath("a/.hidden", 2), "a/.hidden-2");
}

TEST(BlockRewrite, refusesDamage) {
  EXPECT_FALSE(listBlocks(Bytes{0xA3, 0x85, 0x81}));
  EXPECT_FALSE(listBlocks(element(ebml::idSimpleBlock, {0x81})));
  EXPECT_FALSE(scaleBlocks(block(1, 30'000, true), 2));
}

class DamagedFiles : public ExporterTest {
 protected:
  DamagedFiles() {
    recording.session(join({head(), cluster(1000), block(1, 0, true, "one"), cluster(2000),
                            block(1, 0, true, "two"), cluster(3000), block(1, 0, true, "three")}));
  }
  [[nodiscard]] std::string folder() const { return streamFolder(data.path(), 1, "cam"); }
  [[nodiscard]] std::string headerFile() const {
    return std::filesystem::directory_iterator(folder() + "/headers")->path().string();
  }
  std::string listed(bool json = false) {
    ListOptions options;
    options.dataDir = data.path();
    options.stream = "cam";
    options.json = json;
    return listStore(options).value_or("");
  }
  /// The frames that an export holds, in order.
  std::vector<Bytes> frames() {
    const auto files = exported();
    return files.empty() ? std::vector<Bytes>{} : Reread(files[0].path).raw;
  }
  const std::vector<Bytes> allButTheSecond{block(1, 0, true, "one"), block(1, 0, true, "three")};
};

TEST_F(DamagedFiles, aFragmentWhoseFileWasEmptiedIsSteppedOverAndSaid) {
  std::filesystem::resize_file(fragmentPath(folder(), 2), 0);
  EXPECT_EQ(frames(), allButTheSecond);
  ASSERT_EQ(steppedOver.size(), 1U);
  EXPECT_EQ(steppedOver[0].number, fragmentNumberText(2));
  EXPECT_EQ(steppedOver[0].why, "its file holds 0 bytes of 9");
  EXPECT_NE(listed().find("damaged: its file holds 0 bytes of 9"), std::string::npos);
  EXPECT_NE(listed(true).find("\"state\": \"damaged\""), std::string::npos);
}

TEST_F(DamagedFiles, soIsOneThatIsGoneOrShortOrLongOrAFolder) {
  const std::string path = fragmentPath(folder(), 2);
  std::filesystem::resize_file(path, 8);
  EXPECT_EQ(frames(), allButTheSecond);
  std::filesystem::resize_file(path, 10);
  EXPECT_EQ(frames(), allButTheSecond);
  std::filesystem::remove(path);
  EXPECT_EQ(frames(), allButTheSecond);
  EXPECT_EQ(steppedOver.at(0).why, "its file is gone");
  std::filesystem::create_directory(path);
  EXPECT_EQ(frames(), allButTheSecond);
}

TEST_F(DamagedFiles, soIsOneOfTheRightLengthThatHoldsNoBlocks) {
  const std::string path = fragmentPath(folder(), 2);
  std::filesystem::resize_file(path, 0);
  std::filesystem::resize_file(path, 9);
  EXPECT_EQ(frames(), allButTheSecond);
  EXPECT_EQ(steppedOver.size(), 1U);
}

TEST_F(DamagedFiles, theFirstOneIsSteppedOverAndTimesBeginAtZero) {
  std::filesystem::remove(fragmentPath(folder(), 1));
  const auto files = exported();
  EXPECT_EQ(Reread(files.at(0).path).clusters, (std::vector<std::uint64_t>{0, 1000}));
}

TEST_F(DamagedFiles, anEarlierCopyIsTakenWhereThereIsOne) {
  recording.session(join({head(), cluster(2000), block(1, 0, true, "again")}));
  std::filesystem::remove(fragmentPath(folder(), 4));
  EXPECT_EQ(frames().size(), 3U);
  EXPECT_EQ(frames()[1], block(1, 0, true, "two"));
  EXPECT_EQ(steppedOver.size(), 1U);
}

TEST_F(DamagedFiles, withoutItsHeaderNothingOfASessionIsExported) {
  const std::string file = headerFile();
  recording.session(join({head(videoAndAudioTracks()), cluster(9000), block(1, 0, true), block(2, 0, true)}));
  std::filesystem::remove(file);
  EXPECT_EQ(frames().size(), 2U);
  EXPECT_EQ(steppedOver.size(), 3U);
  EXPECT_NE(listed().find("damaged"), std::string::npos);
}

TEST_F(DamagedFiles, aHeaderFileWithOtherBytesIsNotTaken) {
  const std::string file = headerFile();
  Bytes bytes = readFile(file).value();
  bytes.back() ^= 1U;
  ASSERT_TRUE(writeFileDurably(file, bytes));
  EXPECT_TRUE(exported().empty());
  EXPECT_EQ(steppedOver.size(), 3U);
}

TEST_F(DamagedFiles, aHeaderThatSaysTheSameServesInsteadOfOneThatIsGone) {
  const std::string file = headerFile();
  recording.session(
      join({head(element(ebml::idTracks, track(1, 1, 999))), cluster(4000), block(1, 0, true)}));
  std::filesystem::remove(file);
  EXPECT_EQ(frames().size(), 4U);
  EXPECT_TRUE(steppedOver.empty());
}

TEST_F(ExporterTest, tagsCannotSteerTheTerminalThatListsThem) {
  const std::string steering =
      "\x1b[2J\xC2\x9B"
      "31m\xE2\x80\xAE\x7f\xff";
  recording.session(join({head(), tags({{"note", steering}}), cluster(1000), block(1, 0, true)}));
  ListOptions options;
  options.dataDir = data.path();
  options.stream = "cam";
  EXPECT_NE(listStore(options)->find("note=\\x1b[2J\\u009b31m\\u202e\\x7f\\xff"), std::string::npos);
  options.json = true;
  const std::string text = *listStore(options);
  EXPECT_TRUE(
      std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c < '\x7f'); }));
  EXPECT_TRUE(nlohmann::json::accept(text));
}

}  // namespace
}  // namespace kvslocal
