// SPDX-License-Identifier: Apache-2.0
#include "aws/iso_time.h"

#include <gtest/gtest.h>

namespace kvs::aws {
namespace {

using namespace std::chrono_literals;

std::int64_t nanosecondsOf(std::string_view text) {
  const auto time = parseIsoTime(text);
  EXPECT_TRUE(time) << text;
  return time ? time->time_since_epoch().count() : -1;
}

TEST(IsoTime, ReadsWhatSourcesWrite) {
  constexpr std::int64_t second = 1'000'000'000;
  EXPECT_EQ(nanosecondsOf("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(nanosecondsOf("2023-08-10T22:43:00Z"), 1691707380 * second);
  EXPECT_EQ(nanosecondsOf("2024-02-29T23:59:59Z"), 1709251199 * second);
  EXPECT_EQ(nanosecondsOf("2023-08-10T22:43:00.25Z"), 1691707380 * second + second / 4);
  EXPECT_EQ(nanosecondsOf("2023-08-10T22:43:00.123456789Z"), 1691707380 * second + 123456789);
  EXPECT_EQ(nanosecondsOf("2023-08-11T00:43:00+02:00"), 1691707380 * second);
  EXPECT_EQ(nanosecondsOf("2023-08-10T19:13:00-0330"), 1691707380 * second);
  EXPECT_EQ(nanosecondsOf("2016-12-31T23:59:60Z"), 1483228800 * second) << "a leap second";
}

TEST(IsoTime, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "now",
                           "2023-08-10",
                           "2023-08-10 22:43:00Z",
                           "2023-08-10T22:43:00",
                           "2023-8-10T22:43:00Z",
                           "2023-02-29T00:00:00Z",
                           "2023-13-01T00:00:00Z",
                           "2023-00-01T00:00:00Z",
                           "2023-01-00T00:00:00Z",
                           "2023-01-01T24:00:00Z",
                           "2023-01-01T00:60:00Z",
                           "2023-01-01T00:00:61Z",
                           "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00+00:01",
                           "2201-01-01T00:00:00Z",
                           "2023-08-10T22:43:00.Z",
                           "2023-08-10T22:43:00.1234567890Z",
                           "2023-08-10T22:43:00ZZ",
                           "2023-08-10T22:43:00+2:00",
                           "2023-08-10T22:43:00+24:00",
                           "+023-08-10T22:43:00Z",
                           "2023-08-10T22:43:00Z ",
                           " 2023-08-10T22:43:00Z",
                           "-2023-08-10T22:43:00Z",
                           "20230810T224300Z",
                           "1691707380"}) {
    EXPECT_FALSE(parseIsoTime(text)) << text;
  }
  EXPECT_FALSE(parseIsoTime(std::string_view("2023-08-10T22:43:00Z\0", 21)));
}

}  // namespace
}  // namespace kvs::aws
