// SPDX-License-Identifier: Apache-2.0
#include "aws/limits.h"

#include <gtest/gtest.h>

namespace kvs::aws {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i)
    result += text;
  return result;
}

TEST(StreamName, taken) {
  for (const std::string& name :
       {std::string("a"), std::string("Camera_1.north-gate"), std::string(256, 'x')}) {
    EXPECT_TRUE(validateStreamName(name)) << name;
  }
}

TEST(StreamName, wrongLengths) {
  EXPECT_EQ(validateStreamName("").error().code, StatusCode::invalidStreamNameLength);
  const Result<void> tooLong = validateStreamName(std::string(257, 'x'));
  EXPECT_EQ(tooLong.error().code, StatusCode::invalidStreamNameLength);
  EXPECT_EQ(tooLong.error().kind, ErrorKind::fatal);
  EXPECT_EQ(tooLong.error().message, "The stream name has 257 characters; the service accepts up to 256.");
}

TEST(StreamName, otherCharacters) {
  for (const char* name : {"a b", "a/b", "caf\xC3\xA9", "a\n", "a:b"}) {
    EXPECT_EQ(validateStreamName(name).error().code, StatusCode::invalidArg) << name;
  }
}

TEST(Tags, taken) {
  EXPECT_TRUE(validateTags({}));
  EXPECT_TRUE(validateTags({{"site", ""}, {repeat("\xC3\xA9", 128), repeat("\xF0\x9F\x93\xB7", 256)}}));
}

TEST(Tags, limits) {
  Tags many;
  for (int i = 0; i < 50; ++i)
    many["tag" + std::to_string(i)] = "v";
  EXPECT_TRUE(validateTags(many));
  many["one more"] = "v";
  EXPECT_EQ(validateTags(many).error().code, StatusCode::maxTagCount);
  EXPECT_EQ(validateTags({{"", "v"}}).error().code, StatusCode::invalidTagNameLength);
  EXPECT_EQ(validateTags({{std::string(129, 'n'), "v"}}).error().code, StatusCode::invalidTagNameLength);
  EXPECT_EQ(validateTags({{"n", std::string(257, 'v')}}).error().code, StatusCode::invalidTagValueLength);
  EXPECT_EQ(validateTags({{"aws:n", "v"}}).error().code, StatusCode::invalidArg);
}

TEST(Tags, controlCharactersAreRefused) {
  for (const char* bad : {"a\nb", "\x1b[31m", "a\x7f"}) {
    EXPECT_EQ(validateTags({{"n", bad}}).error().code, StatusCode::invalidArg);
    EXPECT_EQ(validateTags({{bad, "v"}}).error().code, StatusCode::invalidArg);
  }
}

TEST(Tags, notUtf8) {
  // Lone continuation, overlong forms, surrogate, above U+10FFFF, cut off in each place.
  for (const char* bad :
       {"\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\x80", "\xF0\x80\x80\x80", "\xED\xA0\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x93", "\xE2\x82 "}) {
    EXPECT_EQ(validateTags({{"n", bad}}).error().code, StatusCode::invalidArg);
    EXPECT_EQ(validateTags({{bad, "v"}}).error().code, StatusCode::invalidArg);
  }
}

}  // namespace
}  // namespace kvs::aws
