// SPDX-License-Identifier: Apache-2.0
#include "service/ingest.h"

#include <gtest/gtest.h>

#include "mkv_bytes.h"

namespace kvslocal {
namespace {

using namespace test;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr WallTime now{std::chrono::milliseconds(1'700'000'000'000)};

class Sink final : public IngestSink {
 public:
  void header(const StreamHeader&) override { ++headers; }
  std::uint64_t openFragment(const FragmentSummary&) override {
    bytes.clear();
    return ++counter;
  }
  void append(ByteView more) override { bytes.insert(bytes.end(), more.begin(), more.end()); }
  void seal(const FragmentSummary& summary) override {
    sealed.push_back(summary);
    sealedBytes.push_back(bytes);
  }
  void discard() override { ++discarded; }
  void ack(const Ack& one) override { acks.push_back(one); }
  void blockSeen(const BlockSeen& block) override { blocks.push_back(block); }

  /// "BUFFERING 0", "ERROR 0 4004", ...
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> texts;
    for (const auto& one : acks) {
      std::string text = one.event == AckEvent::buffering  ? "BUFFERING"
                         : one.event == AckEvent::received ? "RECEIVED"
                                                           : "ERROR";
      if (one.timecodeMs) text += ' ' + std::to_string(*one.timecodeMs);
      if (one.event == AckEvent::error) text += " #" + std::to_string(one.errorId);
      texts.push_back(text);
    }
    return texts;
  }

  int headers = 0;
  std::uint64_t counter = 0;
  int discarded = 0;
  Bytes bytes;
  std::vector<FragmentSummary> sealed;
  std::vector<Bytes> sealedBytes;
  std::vector<Ack> acks;
  std::vector<BlockSeen> blocks;
};

class IngestTest : public testing::Test {
 protected:
  void feed(std::initializer_list<Bytes> parts) { ingest().feed(join(parts), now); }
  Ingest& ingest() {
    if (!ingest_) ingest_.emplace(config, sink);
    return *ingest_;
  }
  [[nodiscard]] std::uint32_t errorId() const {
    return sink.acks.empty() || sink.acks.back().event != AckEvent::error ? 0 : sink.acks.back().errorId;
  }
  using Told = std::vector<std::string>;

  IngestConfig config;
  Sink sink;

 private:
  std::optional<Ingest> ingest_;
};

TEST_F(IngestTest, acknowledgesAFragmentWhenTheNextBegins) {
  feed({head(), cluster(1000), block(1, 0, true)});
  EXPECT_EQ(sink.told(), Told({"BUFFERING 1000"}));
  feed({block(1, 40, false), unknownSized(ebml::idCluster)});
  EXPECT_EQ(sink.told(), Told({"BUFFERING 1000", "RECEIVED 1000"}));
  ASSERT_EQ(sink.sealed.size(), 1U);
  EXPECT_EQ(sink.sealed[0].counter, 1U);
  EXPECT_EQ(sink.sealed[0].firstTime, milliseconds(1000));
  EXPECT_EQ(sink.sealed[0].lastTime, milliseconds(1040));
  EXPECT_EQ(sink.sealed[0].frames[0].frames, 2U);
  EXPECT_EQ(sink.sealedBytes[0], join({block(1, 0, true), block(1, 40, false)}));
  EXPECT_EQ(sink.sealed[0].bytes, sink.sealedBytes[0].size());
  EXPECT_EQ(sink.headers, 1);
}

TEST_F(IngestTest, theBodysEndCompletesTheLastFragment) {
  feed({head(), cluster(1000), block(1, 0, true)});
  ingest().finish(now);
  EXPECT_EQ(sink.told(), Told({"BUFFERING 1000", "RECEIVED 1000"}));
  EXPECT_TRUE(ingest().over());
}

class StrictEnd : public IngestTest {
 protected:
  StrictEnd() { config.strictEnd = true; }
};

TEST_F(StrictEnd, aLastFragmentOfUnknownSizeThatNothingClosedIsDropped) {
  feed({head(), cluster(1000), block(1, 0, true), cluster(2000), block(1, 0, true)});
  ingest().finish(now);
  EXPECT_EQ(sink.told(), Told({"BUFFERING 1000", "RECEIVED 1000", "BUFFERING 2000"}));
  EXPECT_EQ(sink.sealed.size(), 1U);
  EXPECT_EQ(sink.discarded, 1);
  EXPECT_FALSE(ingest().reason().empty());
}

TEST_F(StrictEnd, anEndOfFragmentTagClosesTheLastFragment) {
  feed({head(), cluster(1000), block(1, 0, true), endOfFragment()});
  ingest().finish(now);
  EXPECT_EQ(sink.sealed.size(), 1U);
  EXPECT_EQ(sink.discarded, 0);
  EXPECT_TRUE(ingest().reason().empty());
}

TEST_F(StrictEnd, otherTagsCloseNothing) {
  feed({head(), cluster(1000), block(1, 0, true), tags({{"a", "1"}})});
  ingest().finish(now);
  EXPECT_TRUE(sink.sealed.empty());
  EXPECT_EQ(sink.discarded, 1);
}

TEST_F(StrictEnd, aLastClusterOfKnownSizeClosesItself) {
  feed({head(), cluster(1000), block(1, 0, true), sizedCluster(2000, block(1, 0, true))});
  ingest().finish(now);
  EXPECT_EQ(sink.sealed.size(), 2U);
  EXPECT_EQ(sink.discarded, 0);
}

TEST_F(StrictEnd, aBodyWithoutAFragmentIsWell) {
  feed({head(), cluster(1000)});
  ingest().finish(now);
  EXPECT_TRUE(sink.told().empty());
  EXPECT_EQ(sink.discarded, 0);
  EXPECT_TRUE(ingest().reason().empty());
}

TEST_F(IngestTest, aBrokenConnectionDiscardsTheOpenFragment) {
  feed({head(), cluster(1000), block(1, 0, true), cluster(2000), block(1, 0, true)});
  ingest().abort();
  EXPECT_EQ(sink.sealed.size(), 1U);
  EXPECT_EQ(sink.discarded, 1);
  EXPECT_EQ(sink.told().back(), "BUFFERING 2000");
}

TEST_F(IngestTest, aBodyThatEndsInsideABlockIsRefused) {
  Bytes cut = join({head(), cluster(1000), block(1, 0, true)});
  cut.pop_back();
  ingest().feed(cut, now);
  ingest().finish(now);
  EXPECT_EQ(errorId(), 4006U);
  EXPECT_EQ(sink.discarded, 1);
}

TEST_F(IngestTest, theEndOfFragmentTagCompletesAtOnce) {
  feed({head(), cluster(1000), block(1, 0, true), endOfFragment()});
  EXPECT_EQ(sink.told(), Told({"BUFFERING 1000", "RECEIVED 1000"}));
  EXPECT_TRUE(sink.sealed[0].tags.empty());
  feed({cluster(2000), block(1, 0, true)});
  ingest().finish(now);
  EXPECT_EQ(sink.sealed.size(), 2U);
}

TEST_F(IngestTest, aSizedClusterStaysOpenForItsTail) {
  feed({head(), sizedCluster(1000, block(1, 0, true))});
  EXPECT_EQ(sink.told(), Told({"BUFFERING 1000"}));
  feed({tags({{"late", "1"}}), endOfFragment()});
  EXPECT_EQ(sink.told(), Told({"BUFFERING 1000", "RECEIVED 1000"}));
  EXPECT_EQ(sink.sealed[0].tags, (std::vector<SimpleTag>{{"late", "1"}}));
}

TEST_F(IngestTest, tagsBetweenClustersAreTheNextOnesUnlessAnEndMarkFollows) {
  feed({head(), tags({{"a", "1"}}), cluster(1000), block(1, 0, true), tags({{"b", "2"}}), cluster(2000),
        block(1, 0, true), tags({{"AWS_KINESISVIDEO_NOTIFICATION", ""}, {"c", "3"}}), endOfFragment()});
  ASSERT_EQ(sink.sealed.size(), 2U);
  EXPECT_EQ(sink.sealed[0].tags, (std::vector<SimpleTag>{{"a", "1"}}));
  EXPECT_EQ(sink.sealed[1].tags,
            (std::vector<SimpleTag>{{"b", "2"}, {"AWS_KINESISVIDEO_NOTIFICATION", ""}, {"c", "3"}}));
}

TEST_F(IngestTest, anEndMarkWithoutABlockBeforeItIsRefused) {
  feed({head(), endOfFragment()});
  EXPECT_EQ(errorId(), 4006U);
}

TEST_F(IngestTest, aSecondEndMarkIsRefused) {
  feed({head(), cluster(1000), block(1, 0, true), endOfFragment(), endOfFragment()});
  EXPECT_EQ(errorId(), 4006U);
  EXPECT_EQ(sink.sealed.size(), 1U);
}

TEST_F(IngestTest, relativeTimesAreStoredAbsolute) {
  config.relative = true;
  config.start = WallTime(milliseconds(1'600'000'000'123));
  feed({head(), cluster(500), block(1, 20, true)});
  ingest().finish(now);
  EXPECT_EQ(sink.told(), Told({"BUFFERING 500", "RECEIVED 500"}));
  EXPECT_EQ(sink.sealed[0].timecode, milliseconds(1'600'000'000'623));
  EXPECT_EQ(sink.sealed[0].firstTime, milliseconds(1'600'000'000'643));
}

TEST_F(IngestTest, timesCountInTheScaleOfTheHeader) {
  feed({head(videoTracks(), 500'000), cluster(3001), block(1, 1, true)});
  ingest().finish(now);
  EXPECT_EQ(sink.told().back(), "RECEIVED 1500");
  EXPECT_EQ(sink.sealed[0].firstTime, milliseconds(1501));
}

TEST_F(IngestTest, aClusterWithoutBlocksIsNoFragment) {
  feed({head(), cluster(1000), cluster(2000), block(1, 0, true)});
  ingest().finish(now);
  EXPECT_EQ(sink.told(), Told({"BUFFERING 2000", "RECEIVED 2000"}));
}

TEST_F(IngestTest, anEmptyBodyIsWell) {
  ingest().finish(now);
  EXPECT_TRUE(sink.acks.empty());
}

// ---- what the service refuses
// ---------------------------------------------------------------------------------

TEST_F(IngestTest, error4001WhenAFragmentIsTooLarge) {
  config.limits.maxFragmentBytes = 30;
  feed({head(), cluster(1000), block(1, 0, true), block(1, 40, false)});
  EXPECT_EQ(errorId(), 0U);
  feed({block(1, 80, false)});
  EXPECT_EQ(sink.told().back(), "ERROR 1000 #4001");
  EXPECT_EQ(sink.discarded, 1);
  EXPECT_TRUE(ingest().over());
}

TEST_F(IngestTest, aBlockTooLargeIsRefusedBeforeItsBytesCame) {
  config.limits.maxFragmentBytes = 30;
  Bytes large = block(1, 0, true, std::string(100, 'x'));
  large.resize(10);
  feed({head(), cluster(1000), large});
  EXPECT_EQ(errorId(), 4001U);
}

TEST_F(IngestTest, error4002WhenAFragmentIsTooLong) {
  feed({head(), cluster(1000), block(1, 0, true), block(1, 20'000, false)});
  EXPECT_EQ(errorId(), 0U);
  feed({block(1, 20'001, false)});
  EXPECT_EQ(sink.told().back(), "ERROR 1000 #4002");
}

TEST_F(IngestTest, error4004WhenTimeDoesNotGoOn) {
  feed({head(), cluster(1000), block(1, 0, true), block(1, 40, false), cluster(1040), block(1, 0, true)});
  EXPECT_EQ(sink.told(), Told({"BUFFERING 1000", "RECEIVED 1000", "BUFFERING 1040", "ERROR 1040 #4004"}));
}

TEST_F(IngestTest, error4004IsJudgedOverAllTracks) {
  feed({head(videoAndAudioTracks()), cluster(1000), block(1, 0, true), block(2, 900, true)});
  feed({cluster(1901), block(1, 0, true), block(2, 0, true)});
  EXPECT_EQ(errorId(), 0U);
  feed({cluster(1901), block(1, 0, true)});
  EXPECT_EQ(sink.told().back(), "ERROR 1901 #4004");
}

TEST_F(IngestTest, aFrameMayComeBeforeItsClustersTimecodeIfItIsAfterTheFragmentBefore) {
  feed({head(), cluster(1000), block(1, 0, true), cluster(2000), block(1, 0, true), block(1, -999, false)});
  EXPECT_EQ(errorId(), 0U);
  feed({block(1, -1000, false)});
  EXPECT_EQ(errorId(), 4004U);
}

TEST_F(IngestTest, error4005WithMoreThanThreeTracks) {
  feed({head(element(ebml::idTracks, join({track(1), track(2), track(3)})))});
  EXPECT_EQ(errorId(), 0U);
  Sink other;
  Ingest four(config, other);
  four.feed(head(element(ebml::idTracks, join({track(1), track(2), track(3), track(4)}))), now);
  EXPECT_EQ(other.told(), Told({"ERROR #4005"}));
}

TEST_F(IngestTest, error4006ForGarbage) {
  feed({head(), cluster(1000), block(1, 0, true), Bytes(30, 0)});
  EXPECT_EQ(sink.told().back(), "ERROR 1000 #4006");
  EXPECT_NE(ingest().reason().find("at byte"), std::string::npos);
}

TEST_F(IngestTest, error4006WhenTheFirstVideoFrameIsNoKeyFrame) {
  feed({head(), cluster(1000), block(1, 0, false)});
  EXPECT_EQ(sink.told().back(), "ERROR 1000 #4006");
}

TEST_F(IngestTest, audioMayStandBeforeTheKeyFrame) {
  feed({head(videoAndAudioTracks()), cluster(1000), block(2, 0, true), block(1, 10, true)});
  EXPECT_EQ(errorId(), 0U);
}

TEST_F(IngestTest, anAudioStreamNeedsNoKeyFrame) {
  feed({head(element(ebml::idTracks, track(1, 2, 9, "A_AAC"))), cluster(1000), block(1, 0, false)});
  EXPECT_EQ(errorId(), 0U);
}

TEST_F(IngestTest, error4007ForAFragmentInTheFuture) {
  const auto nowMs = static_cast<std::uint64_t>(now.time_since_epoch().count());
  feed({head(), cluster(nowMs + 24 * 3600 * 1000), block(1, 0, true)});
  EXPECT_EQ(errorId(), 0U);
  feed({cluster(nowMs + 24 * 3600 * 1000 + 1), block(1, 0, true)});
  EXPECT_EQ(errorId(), 4007U);
}

TEST_F(IngestTest, error4009ForTagsBeyondTheLimits) {
  const auto refused = [this](const std::vector<std::pair<std::string, std::string>>& pairs) {
    Sink own;
    Ingest one(config, own);
    one.feed(join({head(), tags(pairs), cluster(1000), block(1, 0, true)}), now);
    return own.told().back() == "ERROR 1000 #4009";
  };
  std::vector<std::pair<std::string, std::string>> ten;
  for (int i = 0; i < 10; ++i)
    ten.emplace_back("name" + std::to_string(i), "value");
  EXPECT_FALSE(refused(ten));
  ten.emplace_back("name10", "value");
  EXPECT_TRUE(refused(ten));
  EXPECT_FALSE(refused({{std::string(128, 'n'), std::string(256, 'v')}}));
  EXPECT_TRUE(refused({{std::string(129, 'n'), "v"}}));
  EXPECT_TRUE(refused({{"n", std::string(257, 'v')}}));
  EXPECT_TRUE(refused({{"AWSX", "v"}}));
  EXPECT_FALSE(refused({{"AWS_KINESISVIDEO_IMAGE_GENERATION", ""}, {"AWS_KINESISVIDEO_IMAGE_PREFIX", "p"}}));
  EXPECT_TRUE(refused({{"AWS_KINESISVIDEO_NOTIFICATION", ""}, {"AWS_KINESISVIDEO_NOTIFICATION", ""}}));
}

TEST_F(IngestTest, error4009CountsHeadAndTailTogether) {
  std::vector<std::pair<std::string, std::string>> six;
  for (int i = 0; i < 6; ++i)
    six.emplace_back("n" + std::to_string(i), "v");
  feed({head(), tags(six), cluster(1000), block(1, 0, true), tags(six), endOfFragment()});
  EXPECT_EQ(sink.told().back(), "ERROR 1000 #4009");
}

TEST_F(IngestTest, error4010ForATrackThatTheHeaderDoesNotName) {
  feed({head(), cluster(1000), block(2, 0, true)});
  EXPECT_EQ(sink.told().back(), "ERROR 1000 #4010");
}

TEST_F(IngestTest, error4011WhenATrackHasNoFrame) {
  feed({head(videoAndAudioTracks()), cluster(1000), block(1, 0, true), cluster(2000)});
  EXPECT_EQ(sink.told().back(), "ERROR 1000 #4011");
  EXPECT_TRUE(sink.sealed.empty());
  EXPECT_EQ(sink.discarded, 1);
}

TEST_F(IngestTest, minimumDurationOnlyWithQuotas) {
  config.limits.minFragmentDuration = milliseconds(1000);
  feed({head(), cluster(1000), block(1, 0, true), cluster(2000), block(1, 0, true), cluster(2999)});
  EXPECT_EQ(sink.told(), Told({"BUFFERING 1000", "RECEIVED 1000", "BUFFERING 2000", "ERROR 2000 #4013"}));
  EXPECT_EQ(sink.acks.back().errorCode, "MIN_FRAGMENT_DURATION_REACHED");
}

TEST_F(IngestTest, theSessionsLastFragmentMayBeShort) {
  config.limits.minFragmentDuration = milliseconds(1000);
  feed({head(), cluster(1000), block(1, 0, true), cluster(2000), block(1, 0, true)});
  ingest().finish(now);
  EXPECT_EQ(sink.told().back(), "RECEIVED 2000");
}

TEST_F(IngestTest, anErrorIsTheLastWord) {
  feed({head(), cluster(1000), block(2, 0, true)});
  const std::size_t told = sink.acks.size();
  EXPECT_FALSE(ingest().feed(join({cluster(2000), block(1, 0, true)}), now));
  ingest().finish(now);
  ingest().abort();
  ingest().end(5000, true);
  EXPECT_EQ(sink.acks.size(), told);
  EXPECT_EQ(sink.discarded, 1);
}

TEST_F(IngestTest, anEndFromOutsideMayNameTheOpenFragment) {
  feed({head(), cluster(1000), block(1, 0, true)});
  ingest().end(4507, true);
  EXPECT_EQ(sink.told().back(), "ERROR 1000 #4507");
  EXPECT_EQ(sink.acks.back().errorCode, "STREAM_DELETED");
  Sink other;
  Ingest second(config, other);
  second.feed(join({head(), cluster(1000), block(1, 0, true)}), now);
  second.end(4003, false);
  EXPECT_EQ(other.told().back(), "ERROR #4003");
}

TEST_F(IngestTest, byteByByteIsTheSame) {
  const Bytes all = join({head(videoAndAudioTracks()), tags({{"a", "1"}}), cluster(1000), block(1, 0, true),
                          block(2, 5, true), endOfFragment(),
                          sizedCluster(2000, join({block(1, 0, true), block(2, 0, true)}))});
  for (const std::uint8_t byte : all)
    ASSERT_TRUE(ingest().feed({&byte, 1}, now)) << ingest().reason();
  ingest().finish(now);
  EXPECT_EQ(sink.told(), Told({"BUFFERING 1000", "RECEIVED 1000", "BUFFERING 2000", "RECEIVED 2000"}));
  EXPECT_EQ(sink.blocks.size(), 4U);
}

}  // namespace
}  // namespace kvslocal
