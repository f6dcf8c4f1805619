// SPDX-License-Identifier: Apache-2.0
// JSON that holds secrets: what is taken and what is not. The fuzz target compares it with another reader.
#include <gtest/gtest.h>

#include "aws/credentials/secret_json.h"
#include "aws/json_text.h"

namespace kvs::aws {
namespace {

TEST(SecretJson, TextsNumbersAndObjectsByName) {
  const auto json = SecretJson::parse(
      " {\"a\" : \"text\" , \"n\": -1.5e+3, \"o\":{\"b\":\"inner\",\"e\":{}}, "
      "\"l\":[1,[\"x\"],{\"a\":\"no\"}],"
      "\"t\":true,\"f\":false,\"z\":null,\"\":\"nameless\"}\r\n\t");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->text("a"), "text");
  EXPECT_EQ(json->number("n"), "-1.5e+3");
  ASSERT_TRUE(json->object("o"));
  EXPECT_EQ(json->object("o")->text("b"), "inner");
  EXPECT_TRUE(json->object("o")->object("e"));
  EXPECT_EQ(json->text(""), "nameless");
  for (const char* other : {"n", "o", "l", "t", "f", "z", "absent"})
    EXPECT_EQ(json->text(other), "") << other;
  EXPECT_FALSE(json->object("a"));
  EXPECT_EQ(json->number("a"), "");
}

TEST(SecretJson, Escapes) {
  const auto json =
      SecretJson::parse(R"({"a":"\"\\\/\b\f\n\r\t","u":"\u0041\u00e9\u20AC\ud83d\uDE00","\u006b":"k"})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->text("a"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(json->text("u"), "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(json->text("k"), "k");
}

TEST(SecretJson, TheLastOfANameCounts) {
  EXPECT_EQ(SecretJson::parse(R"({"a":{"b":"1"},"a":"2"})")->text("a"), "2");
  EXPECT_EQ(SecretJson::parse(R"({"a":"1","a":3})")->text("a"), "");
}

TEST(SecretJson, DepthIsBounded) {
  const auto nested = [](int depth) {
    std::string text = "{}";
    for (int i = 1; i < depth; ++i)
      text = i % 2 == 0 || i + 1 == depth ? "{\"a\":" + text + "}" : "[" + text + "]";
    return text;
  };
  EXPECT_TRUE(SecretJson::parse(nested(maxJsonDepth)));
  EXPECT_FALSE(SecretJson::parse(nested(maxJsonDepth + 1)));
  EXPECT_FALSE(SecretJson::parse("{\"a\":" + std::string(100'000, '[')));
}

TEST(SecretJson, WhatIsNoObjectIsNotTaken) {
  for (const char* text : {"",
                           "[]",
                           "\"a\"",
                           "1",
                           "{",
                           "{}x",
                           "{}{}",
                           "{a:1}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":[1,]}",
                           "{\"a\":tru}",
                           "{\"a\":'x'}",
                           "{\"a\":01}",
                           "{\"a\":+1}",
                           "{\"a\":.5}",
                           "{\"a\":1.}",
                           "{\"a\":1e}",
                           "{\"a\":-}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12\"}",
                           "{\"a\":\"\\u+123\"}",
                           "{\"a\":\"\\ud83d\"}",
                           "{\"a\":\"\\ude00\"}",
                           "{\"a\":\"\\ud83d\\u0041\"}",
                           "{\"a\":\"open",
                           "{\"a\":\"b\\",
                           "{'a':1}",
                           "{\"a\":1}]"})
    EXPECT_FALSE(SecretJson::parse(text)) << text;
}

}  // namespace
}  // namespace kvs::aws
