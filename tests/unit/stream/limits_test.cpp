// SPDX-License-Identifier: Apache-2.0
// The table of limits against the guide's, and each limit that a Producer and its streams keep.
#include "base/limits.h"

#include <fstream>
#include <limits>
#include <map>

#include "aws/credentials/check.h"
#include "aws/endpoint.h"
#include "intake/fragmenter.h"
#include "producer_fixture.h"
#include "upload/life.h"

namespace kvs::stream {
namespace {

using limits::Limit;

/// The guide's names and bounds, as tests/data has them.
std::map<std::string, std::uint64_t> guide() {
  std::map<std::string, std::uint64_t> bounds;
  std::ifstream file(KVS_TEST_DATA "/quotas.csv");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t comma = line.find(',');
    bounds[line.substr(0, comma)] = std::stoull(line.substr(comma + 1));
  }
  return bounds;
}

TEST(Limits, AreTheGuides) {
  auto bounds = guide();
  ASSERT_EQ(bounds.size(), 31u);
  for (const Limit& limit : limits::all) {
    ASSERT_TRUE(bounds.contains(std::string(limit.name))) << limit.name;
    EXPECT_EQ(limit.guide, bounds.extract(std::string(limit.name)).mapped()) << limit.name;
  }
  // What there is no such thing of: docs/errors.md says why.
  for (const char* none :
       {"Max device name length", "Max root directory path length", "Security token grace period",
        "Min content view item count", "Max update version length", "Max fragment sequence length"}) {
    EXPECT_EQ(bounds.erase(none), 1u) << none;
  }
  EXPECT_TRUE(bounds.empty()) << bounds.begin()->first;
}

TEST(Limits, OfFragmentsAndSessionsAreKeptByTheirMakers) {
  EXPECT_LE(intake::FragmenterConfig{}.maximum, Nanoseconds(limits::fragmentDuration.kept));
  EXPECT_LE(intake::FragmenterConfig{}.maximumBytes, limits::fragmentSize.kept);
  EXPECT_LT(upload::LifeConfig{}.sessionLength, Nanoseconds(limits::connectionDuration.kept));
  EXPECT_EQ(aws::expiryGrace, Nanoseconds(limits::tokenPeriod.kept));
  EXPECT_EQ(aws::maxUrlLength, limits::uriLength.kept);
}

TEST(Limits, OfAToken) {
  const auto codeOf = [](std::size_t length) {
    aws::Credentials keys{"AKID", Secret("secret"), Secret(std::string(length, 'x')), {}, {}, {}};
    const auto checked = aws::checkedKeys(std::move(keys), "test");
    return checked ? StatusCode::success : checked.error().code;
  };
  EXPECT_EQ(codeOf(limits::authLength.kept), StatusCode::success);
  EXPECT_EQ(codeOf(limits::authLength.kept + 1), StatusCode::invalidAuthLength);
}

class LimitsTest : public test::ProducerFixture {
 protected:
  StatusCode codeOf(const std::function<void(StreamConfig&)>& change) {
    StreamConfig config = camera();
    change(config);
    const auto made = from->createStream(std::move(config), nullptr);
    return made ? StatusCode::success : made.error().code;
  }
  std::shared_ptr<Producer> from = producer();
};

TEST_F(LimitsTest, OfTheStorage) {
  const auto none = Producer::create({.storageSize = 0});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, StatusCode::invalidStorageSize);
  EXPECT_EQ(none.error().kind, ErrorKind::fatal);
  EXPECT_TRUE(Producer::create({.storageSize = limits::leastStorage.kept - 1}));
  EXPECT_TRUE(Producer::create({.storageSize = limits::mostStorage.kept + 1}));
}

TEST_F(LimitsTest, OfTheNumberOfStreamsAndTheirNames) {
  std::vector<test::Camera> streams;
  for (std::uint64_t i = 0; i < limits::streamCount.kept; ++i)
    streams.push_back(stream(*from, nullptr, camera("camera-" + std::to_string(i))));
  EXPECT_EQ(codeOf([](StreamConfig&) {}), StatusCode::maxStreamCount);
  streams.pop_back();
  EXPECT_EQ(codeOf([](StreamConfig& config) { config.name = "camera-0"; }), StatusCode::duplicateStreamName);
  EXPECT_EQ(codeOf([](StreamConfig& config) { config.name = std::string(256, 'x'); }), StatusCode::success);
  EXPECT_EQ(codeOf([](StreamConfig& config) { config.name = std::string(257, 'x'); }),
            StatusCode::invalidStreamNameLength);
}

TEST_F(LimitsTest, OfTags) {
  const auto tagged = [&](std::size_t count, std::size_t name, std::size_t value) {
    return codeOf([=](StreamConfig& config) {
      for (std::size_t i = 0; i < count; ++i)
        config.tags[std::to_string(i) + std::string(name - std::to_string(i).size(), 'n')] =
            std::string(value, 'v');
    });
  };
  EXPECT_EQ(tagged(50, 128, 256), StatusCode::success);
  EXPECT_EQ(tagged(51, 128, 256), StatusCode::maxTagCount);
  EXPECT_EQ(tagged(1, 129, 256), StatusCode::invalidTagNameLength);
  EXPECT_EQ(tagged(1, 128, 257), StatusCode::invalidTagValueLength);
}

TEST_F(LimitsTest, OfTimes) {
  using std::chrono::hours;
  EXPECT_EQ(codeOf([](StreamConfig& config) { config.retention = hours(0); }), StatusCode::success);
  EXPECT_EQ(codeOf([](StreamConfig& config) { config.retention = hours(-1); }),
            StatusCode::invalidRetentionPeriod);
  EXPECT_EQ(codeOf([](StreamConfig& config) {
              config.streamingType = StreamingType::offline;
              config.retention = hours(0);
            }),
            StatusCode::offlineModeWithZeroRetention);
  EXPECT_EQ(codeOf([](StreamConfig& config) { config.timecodeScale = Milliseconds(0); }),
            StatusCode::mkvInvalidTimecodeScale);
  EXPECT_EQ(codeOf([](StreamConfig& config) { config.fragmentDuration = Milliseconds(-1); }),
            StatusCode::invalidArg);
  EXPECT_EQ(codeOf([](StreamConfig& config) { config.bufferDuration = Seconds(-1); }),
            StatusCode::invalidArg);
}

TEST_F(LimitsTest, WhatIsTakenOtherwiseThanAskedIsWarnedOfOnce) {
  StreamConfig config = camera();
  config.fragmentDuration = Milliseconds(500);
  config.connectionStaleness = Seconds(5);
  const auto told = std::make_shared<test::Recorder>();
  const auto made = stream(*from, told, config);
  ASSERT_TRUE(made);
  EXPECT_TRUE(told->waitFor("ready"));
  EXPECT_EQ(told->count("warning"), 2u);
}

TEST_F(LimitsTest, OfATracksTexts) {
  const auto track = [&](const std::function<void(TrackFormat&)>& change) {
    TrackFormat format = h264();
    change(format);
    const auto made = from->createStream(camera(), nullptr);
    const auto added = (*made)->addTrack({.kind = TrackKind::video, .format = format});
    return added ? StatusCode::success : added.error().code;
  };
  EXPECT_EQ(track([](TrackFormat& t) { t.contentType = std::string(128, 'x'); }), StatusCode::success);
  EXPECT_EQ(track([](TrackFormat& t) { t.contentType = std::string(129, 'x'); }),
            StatusCode::mkvInvalidContentTypeLength);
  EXPECT_EQ(track([](TrackFormat& t) { t.codecId = std::string(33, 'x'); }),
            StatusCode::mkvInvalidCodecIdLength);
  EXPECT_EQ(track([](TrackFormat& t) { t.name = std::string(32, 'x'); }), StatusCode::success);
  EXPECT_EQ(track([](TrackFormat& t) { t.name = std::string(33, 'x'); }),
            StatusCode::mkvInvalidTrackNameLength);
}

}  // namespace
}  // namespace kvs::stream
