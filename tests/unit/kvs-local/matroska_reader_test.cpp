// SPDX-License-Identifier: Apache-2.0
#include "matroska/matroska_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "mkv_bytes.h"
#include "service/ingest.h"

namespace kvslocal {
namespace {

using namespace test;

/// Writes down what it is told.
class Recorder final : public MatroskaHandler {
 public:
  bool onHeader(const StreamHeader& header) override {
    headers.push_back(header);
    return note("header");
  }
  bool onClusterStart(bool sized) override { return note(sized ? "sized cluster" : "cluster"); }
  bool onClusterTimecode(std::uint64_t ticks) override { return note("time " + std::to_string(ticks)); }
  bool onBlockStart(const BlockHead& head) override {
    note("block " + std::to_string(head.track) + " at " + std::to_string(head.relativeTicks) + " frames " +
         std::to_string(head.frames) + " of " + std::to_string(head.elementBytes));
    raw.emplace_back();
    return true;
  }
  bool onBlockBytes(ByteView bytes) override {
    raw.back().insert(raw.back().end(), bytes.begin(), bytes.end());
    return true;
  }
  bool onBlockEnd(const BlockTail& tail) override {
    tails.push_back(tail);
    return note(tail.keyFrame ? "key" : "delta");
  }
  bool onTags(const std::vector<SimpleTag>& seen) override {
    std::string text = "tags";
    for (const auto& tag : seen)
      text += ' ' + tag.name + '=' + tag.value;
    return note(text);
  }

  std::vector<std::string> events;
  std::vector<StreamHeader> headers;
  std::vector<Bytes> raw;
  std::vector<BlockTail> tails;
  std::string stopAt;

 private:
  bool note(const std::string& event) {
    events.push_back(event);
    return event != stopAt;
  }
};

struct Reading {
  Recorder seen;
  ReadStatus status = ReadStatus::ok;
  std::string error;
  bool cleanEnd = false;
};

Reading read(const Bytes& bytes, std::size_t split = 0) {
  Reading reading;
  MatroskaReader reader(reading.seen);
  const std::size_t step = split == 0 ? std::max<std::size_t>(1, bytes.size()) : split;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    reading.status = reader.feed(ByteView(bytes).subspan(at, std::min(step, bytes.size() - at)));
  }
  reading.error = reader.error();
  reading.cleanEnd = reader.atCleanEnd();
  return reading;
}

Bytes group(bool withReference) {
  const Bytes reference = withReference ? uintElement(ebml::idReferenceBlock, 40) : Bytes{};
  return element(ebml::idBlockGroup, join({uintElement(0x9B, 40),
                                           element(ebml::idBlock, blockPayload(1, 80, 0, "g")), reference}));
}

Bytes rich() {
  return join({head(videoAndAudioTracks()), tags({{"a", "1"}}), element(ebml::idVoid, Bytes(5)),
               cluster(1000), block(1, 0, true, "0123456789abcdefXYZ"), block(2, 5, true),
               block(1, -3, false), tags({{"b", "2"}}),
               sizedCluster(3000, join({block(1, 0, true), group(true), group(false)})), cluster(5000),
               block(1, 0, true)});
}

TEST(MatroskaReader, tellsWhatStandsInAStream) {
  const Reading reading = read(rich());
  EXPECT_EQ(reading.status, ReadStatus::ok) << reading.error;
  EXPECT_TRUE(reading.cleanEnd);
  const std::vector<std::string> expected{
      "header",
      "tags a=1",
      "cluster",
      "time 1000",
      "block 1 at 0 frames 1 of 25",
      "key",
      "block 2 at 5 frames 1 of 11",
      "key",
      "block 1 at -3 frames 1 of 11",
      "delta",
      "tags b=2",
      "sized cluster",
      "time 3000",
      "block 1 at 0 frames 1 of 11",
      "key",
      "block 1 at 80 frames 1 of 15",
      "delta",
      "block 1 at 80 frames 1 of 12",
      "key",
      "cluster",
      "time 5000",
      "block 1 at 0 frames 1 of 11",
      "key",
  };
  EXPECT_EQ(reading.seen.events, expected);
}

TEST(MatroskaReader, readsTheHeadOfASession) {
  const Reading reading = read(head(videoAndAudioTracks(), 2'000'000));
  ASSERT_EQ(reading.seen.headers.size(), 1U);
  const StreamHeader& header = reading.seen.headers[0];
  EXPECT_EQ(header.timecodeScale, 2'000'000U);
  ASSERT_EQ(header.tracks.size(), 2U);
  EXPECT_EQ(header.tracks[0].type, TrackType::video);
  EXPECT_EQ(header.tracks[1].type, TrackType::audio);
  EXPECT_EQ(header.tracks[1].codecId, "A_AAC");
  EXPECT_EQ(header.tracksElement, videoAndAudioTracks());
  EXPECT_EQ(header.raw, head(videoAndAudioTracks(), 2'000'000));
}

TEST(MatroskaReader, handsOnBlocksByteForByte) {
  const Reading reading = read(rich());
  ASSERT_EQ(reading.seen.raw.size(), 7U);
  EXPECT_EQ(reading.seen.raw[0], block(1, 0, true, "0123456789abcdefXYZ"));
  EXPECT_EQ(reading.seen.raw[2], block(1, -3, false));
  EXPECT_EQ(reading.seen.raw[4], group(true));
  const auto& last = reading.seen.tails[0].lastBytes;
  EXPECT_EQ(std::string(last.begin(), last.end()), "3456789abcdefXYZ");
  EXPECT_EQ(reading.seen.tails[0].payloadBytes, 19U);
}

TEST(MatroskaReader, anySplitGivesTheSame) {
  const Reading whole = read(rich());
  for (const std::size_t split : {1U, 2U, 3U, 7U, 16U, 33U}) {
    const Reading split1 = read(rich(), split);
    EXPECT_EQ(split1.seen.events, whole.seen.events) << split;
    EXPECT_EQ(split1.seen.raw, whole.seen.raw) << split;
    EXPECT_EQ(split1.seen.tails[0].lastBytes, whole.seen.tails[0].lastBytes) << split;
  }
}

TEST(MatroskaReader, countsFramesOfALacedBlock) {
  const Bytes laced = element(ebml::idSimpleBlock, blockPayload(1, 0, 0x84, std::string("\x02") + "abc"));
  const Reading reading = read(join({head(), cluster(0), laced}));
  EXPECT_EQ(reading.seen.events[3], "block 1 at 0 frames 3 of 10");
}

TEST(MatroskaReader, whatStandsInAGroupIsAFieldOfIt) {
  const Bytes odd = element(ebml::idBlockGroup, join({element(ebml::idBlock, blockPayload(1, 0, 0, "g")),
                                                      uintElement(ebml::idTimecode, 9), tags({{"a", "1"}})}));
  const Reading reading = read(join({head(), cluster(5), odd}));
  EXPECT_EQ(reading.seen.events,
            (std::vector<std::string>{"header", "cluster", "time 5",
                                      "block 1 at 0 frames 1 of " + std::to_string(odd.size()), "key"}));
  EXPECT_EQ(reading.seen.raw.at(0), odd);
}

TEST(MatroskaReader, stopsWhenItsHandlerSaysSo) {
  Recorder recorder;
  recorder.stopAt = "time 1000";
  MatroskaReader reader(recorder);
  EXPECT_EQ(reader.feed(rich()), ReadStatus::stopped);
  EXPECT_EQ(recorder.events.back(), "time 1000");
  EXPECT_EQ(reader.feed(rich()), ReadStatus::stopped);
  EXPECT_EQ(recorder.events.back(), "time 1000");
}

TEST(MatroskaReader, knowsABodyThatIsCutOff) {
  const Bytes whole = join({head(), sizedCluster(0, block(1, 0, true))});
  EXPECT_TRUE(read(whole).cleanEnd);
  for (std::size_t cut = 1; cut <= sizedCluster(0, block(1, 0, true)).size() - 1; ++cut) {
    EXPECT_FALSE(read(Bytes(whole.begin(), whole.end() - static_cast<std::ptrdiff_t>(cut))).cleanEnd) << cut;
  }
}

TEST(MatroskaReader, skipsWhatFilesHoldBesideClusters) {
  const Bytes file =
      join({ebmlHead(), unknownSized(ebml::idSegment), element(ebml::idSeekHead, Bytes(30)), segmentInfo(),
            videoTracks(), element(ebml::idAttachments, Bytes(100)), cluster(0), block(1, 0, true),
            element(ebml::idCues, Bytes(40)), element(ebml::idChapters, Bytes(4))});
  const Reading reading = read(file, 11);
  EXPECT_EQ(reading.status, ReadStatus::ok) << reading.error;
  EXPECT_EQ(reading.seen.events.back(), "key");
}

TEST(MatroskaReader, takesTracksBeforeInfoAndASizedSegment) {
  const Reading reading = read(
      join({ebmlHead(), element(ebml::idSegment,
                                join({videoTracks(), segmentInfo(), sizedCluster(9, block(1, 0, true))}))}));
  EXPECT_EQ(reading.status, ReadStatus::ok) << reading.error;
  EXPECT_EQ(reading.seen.events.back(), "key");
}

struct Malformed {
  const char* what;
  Bytes bytes;
};

class MatroskaReaderRefuses : public testing::TestWithParam<Malformed> {};

TEST_P(MatroskaReaderRefuses, malformedBytes) {
  for (const std::size_t split : {0U, 1U}) {
    const Reading reading = read(GetParam().bytes, split);
    EXPECT_EQ(reading.status, ReadStatus::malformed);
    EXPECT_NE(reading.error.find("at byte"), std::string::npos) << reading.error;
    EXPECT_FALSE(reading.cleanEnd);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, MatroskaReaderRefuses,
    testing::Values(
        Malformed{"garbage", Bytes(20, 0x00)},
        Malformed{"text", Bytes{'h', 'e', 'l', 'l', 'o', '!', '!', '!'}},
        Malformed{"noEbmlHeader", unknownSized(ebml::idSegment)}, Malformed{"webm", ebmlHead("webm")},
        Malformed{"clusterBeforeTracks",
                  join({ebmlHead(), unknownSized(ebml::idSegment), segmentInfo(), cluster(0)})},
        Malformed{"noTracks", join({ebmlHead(), unknownSized(ebml::idSegment), element(ebml::idTracks, {})})},
        Malformed{"trackNumberZero", head(element(ebml::idTracks, track(0)))},
        Malformed{"trackNumberTwice", head(element(ebml::idTracks, join({track(1), track(1)})))},
        Malformed{"noCodec", head(element(ebml::idTracks, track(1, 1, 7, "")))},
        Malformed{"scaleZero", head(videoTracks(), 0)},
        Malformed{"blockBeforeTimecode", join({head(), unknownSized(ebml::idCluster), block(1, 0, true)})},
        Malformed{"timecodeTwice", join({head(), cluster(1), uintElement(ebml::idTimecode, 2)})},
        Malformed{"blockTooShort", join({head(), cluster(1), element(ebml::idSimpleBlock, {0x81, 0x00})})},
        Malformed{"blockEmpty", join({head(), cluster(1), element(ebml::idSimpleBlock, {})})},
        Malformed{"blockTrackMalformed", join({head(), cluster(1), element(ebml::idSimpleBlock, Bytes(9))})},
        Malformed{"blockOfUnknownSize", join({head(), cluster(1), unknownSized(ebml::idSimpleBlock)})},
        Malformed{"groupWithoutBlock",
                  join({head(), cluster(1), element(ebml::idBlockGroup, uintElement(0x9B, 1))})},
        Malformed{
            "groupWithTwoBlocks",
            join({head(), cluster(1),
                  element(ebml::idBlockGroup, join({element(ebml::idBlock, blockPayload(1, 0, 0, "a")),
                                                    element(ebml::idBlock, blockPayload(1, 0, 0, "a"))}))})},
        Malformed{"childLargerThanParent",
                  join({head(), {0x1F, 0x43, 0xB6, 0x75, 0x84}, {0xE7, 0x88, 0, 0, 0, 0, 0, 0, 0, 1}})},
        Malformed{"secondHeader", join({head(), cluster(1), block(1, 0, true), head()})},
        Malformed{"tracksAgain", join({head(), cluster(1), block(1, 0, true), videoTracks()})},
        Malformed{"hugeTags", join({head(), {0x12, 0x54, 0xC3, 0x67, 0x01, 0, 0, 1, 0, 0, 0, 0}})},
        Malformed{"malformedTags", join({head(), element(ebml::idTags, {0x73, 0x73, 0x85, 0x01})})}),
    [](const auto& one) { return one.param.what; });

/// Checks that effects come in an order that a disk could follow.
class StrictSink final : public IngestSink {
 public:
  void header(const StreamHeader&) override {}
  std::uint64_t openFragment(const FragmentSummary&) override {
    require(!open_);
    open_ = true;
    return ++counter_;
  }
  void append(ByteView) override { require(open_); }
  void seal(const FragmentSummary&) override { close(); }
  void discard() override { close(); }
  void ack(const Ack&) override {}
  void blockSeen(const BlockSeen&) override { require(open_); }

 private:
  static void require(bool holds) {
    if (!holds) __builtin_trap();
  }
  void close() {
    require(open_);
    open_ = false;
  }
  bool open_ = false;
  std::uint64_t counter_ = 0;
};

/// Any bytes, in splits that the first of them chooses, through the reader and the rules behind it.
void feedInSplits(ByteView input) {
  if (input.empty()) return;
  const std::size_t split = input[0] % 64U + 1U;
  input = input.subspan(1);
  StrictSink sink;
  IngestConfig config;
  config.relative = (split & 1U) != 0;
  Ingest ingest(config, sink);
  while (!input.empty()) {
    const std::size_t count = std::min(split, input.size());
    if (!ingest.feed(input.first(count), WallTime{})) break;
    input = input.subspan(count);
  }
  ingest.finish(WallTime{});
  ingest.abort();
}

TEST(MatroskaReader, survivesMutations) {
  std::mt19937 random(7);
  const Bytes good = rich();
  for (int round = 0; round < 3000; ++round) {
    Bytes bad = good;
    for (int i = 0; i < 3; ++i)
      bad[random() % bad.size()] = static_cast<std::uint8_t>(random());
    bad.insert(bad.begin(), static_cast<std::uint8_t>(random()));
    feedInSplits(bad);  // its sink traps on effects in an impossible order
  }
}

TEST(HeaderKey, isEqualWhereBlocksMayShareAFile) {
  const auto key = [](const Bytes& bytes) { return headerKey(read(bytes).seen.headers.at(0)); };
  EXPECT_EQ(key(head(element(ebml::idTracks, track(1, 1, 7)))),
            key(head(element(ebml::idTracks, track(1, 1, 8)))));
  EXPECT_NE(key(head(element(ebml::idTracks, track(1)))), key(head(element(ebml::idTracks, track(2)))));
  EXPECT_NE(key(head(videoTracks(), 1'000'000)), key(head(videoTracks(), 2'000'000)));
}

}  // namespace
}  // namespace kvslocal
