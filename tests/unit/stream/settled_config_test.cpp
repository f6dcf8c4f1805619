// SPDX-License-Identifier: Apache-2.0
// Values at the edge of what can be served: taken as far as they can be meant, with one warning each.
#include "stream/settled_config.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;
using std::chrono::hours;

constexpr std::size_t usualStorage = std::size_t{128} << 20;
constexpr unsigned greatest = std::numeric_limits<unsigned>::max();

SettledConfig settledBy(const std::function<void(StreamConfig&)>& change,
                        std::size_t storage = usualStorage) {
  StreamConfig config;
  change(config);
  auto settled = settle(std::move(config), storage);
  EXPECT_TRUE(settled) << settled.error().message;
  return settled ? std::move(*settled) : SettledConfig{};
}

TEST(SettledConfig, WhatIsUsualIsLeftAndNothingIsSaid) {
  const SettledConfig settled = settledBy([](StreamConfig&) {});
  EXPECT_TRUE(settled.warnings.empty());
  EXPECT_EQ(settled.config.fragmentDuration, 2s);
  EXPECT_EQ(settled.config.bufferDuration, 120s);
}

TEST(SettledConfig, AShortFragmentDurationIsTheShortestThatTheServiceTakes) {
  for (const auto& [asked, taken] :
       {std::pair{500ms, 1000ms}, {0ms, 1000ms}, {31'000ms, 20'000ms}, {Milliseconds(greatest), 20'000ms}}) {
    const auto settled =
        settledBy([asked = asked](StreamConfig& config) { config.fragmentDuration = asked; });
    EXPECT_EQ(settled.config.fragmentDuration, taken) << asked.count();
    ASSERT_EQ(settled.warnings.size(), 1u) << asked.count();
    EXPECT_EQ(settled.warnings[0].code, StatusCode::mkvInvalidClusterDuration);
  }
  const auto usual = settledBy([](StreamConfig& config) { config.fragmentDuration = 30s; });
  EXPECT_TRUE(usual.warnings.empty());
}

TEST(SettledConfig, AShortBufferIsKeptAsItIsWithAWarning) {
  for (const Seconds asked : {0s, 1s, 5s, 19s}) {
    const auto settled = settledBy([asked](StreamConfig& config) { config.bufferDuration = asked; });
    EXPECT_EQ(settled.config.bufferDuration, asked);
    ASSERT_EQ(settled.warnings.size(), 1u) << asked.count();
    EXPECT_EQ(settled.warnings[0].code, StatusCode::invalidContentViewDuration);
  }
}

TEST(SettledConfig, BurstsHaveABufferForTwoOfThem) {
  for (const Seconds asked : {0s, 5s, 19s, 59s}) {
    const auto settled = settledBy([asked](StreamConfig& config) {
      config.streamingType = StreamingType::nearRealtime;
      config.burstInterval = 30s;
      config.bufferDuration = asked;
    });
    EXPECT_EQ(settled.config.bufferDuration, 60s);
    EXPECT_EQ(settled.config.burstInterval, 30s);
    EXPECT_EQ(settled.warnings.size(), 1u) << asked.count();
  }
}

TEST(SettledConfig, AShortStalenessIsKeptAsItIsWithAWarning) {
  for (const Seconds asked : {1s, 5s, 29s}) {
    const auto settled = settledBy([asked](StreamConfig& config) { config.connectionStaleness = asked; });
    EXPECT_EQ(settled.config.connectionStaleness, asked);
    EXPECT_EQ(settled.warnings.size(), 1u) << asked.count();
  }
  for (const Seconds asked : {0s, 30s, Seconds(greatest)}) {
    const auto settled = settledBy([asked](StreamConfig& config) { config.connectionStaleness = asked; });
    EXPECT_TRUE(settled.warnings.empty()) << asked.count();
  }
}

TEST(SettledConfig, ASmallStorageIsOneWarningAlthoughItHoldsLessThanTheBufferToo) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{5} << 20, (std::size_t{10} << 20) - 1}) {
    const auto settled = settledBy([](StreamConfig&) {}, size);
    ASSERT_EQ(settled.warnings.size(), 1u) << size;
    EXPECT_EQ(settled.warnings[0].code, StatusCode::invalidStorageSize);
  }
}

TEST(SettledConfig, WhatIsBeyondTheServicesReachIsTheMostOfIt) {
  const auto retention = settledBy([](StreamConfig& config) { config.retention = hours(87601); });
  EXPECT_EQ(retention.config.retention, hours(87600));
  EXPECT_EQ(retention.warnings.size(), 1u);
  const auto scale = settledBy([](StreamConfig& config) { config.timecodeScale = 5s; });
  EXPECT_EQ(scale.config.timecodeScale, 1s);
  EXPECT_EQ(scale.warnings.size(), 1u);
}

TEST(SettledConfig, OfflineHasAcknowledgementsAlsoWhereNoneWereAskedFor) {
  const auto settled = settledBy([](StreamConfig& config) {
    config.streamingType = StreamingType::offline;
    config.fragmentAcks = false;
  });
  EXPECT_TRUE(settled.config.fragmentAcks);
  EXPECT_EQ(settled.warnings.size(), 1u);
}

}  // namespace
}  // namespace kvs::stream
