// SPDX-License-Identifier: Apache-2.0
#include "base/printable.h"

#include <gtest/gtest.h>

namespace kvslocal {
namespace {

TEST(Printable, whatIsPlainStaysAsItIs) {
  for (const char* text : {"", "cam-1", "a=b \\x1b is written so", "gr\xC3\xBCn", "\xE6\x97\xA5\xE6\x9C\xAC",
                           "\xF0\x9F\x8E\xA5"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, controlCharactersAreWrittenOut) {
  EXPECT_EQ(printable("\x1b[31mred\x1b[0m"), "\\x1b[31mred\\x1b[0m");
  EXPECT_EQ(printable("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(printable(std::string_view("\0\a\b\x7f", 4)), "\\x00\\x07\\x08\\x7f");
}

TEST(Printable, theSecondSetOfControlCharactersIsToo) {
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\u009b31m");
  EXPECT_EQ(printable("\xC2\x85"), "\\u0085");
  EXPECT_EQ(printable("\xC2\xA1"), "\xC2\xA1");
}

TEST(Printable, bytesThatAreNoUtf8AreWrittenOut) {
  EXPECT_EQ(printable("\x9b"
                      "31m"),
            "\\x9b31m");
  EXPECT_EQ(printable("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(printable("cut \xE6\x97"), "cut \\xe6\\x97");
  EXPECT_EQ(printable("\xC0\x9B"), "\\xc0\\x9b") << "a long form of a control character";
  EXPECT_EQ(printable("\xE0\x80\x9B"), "\\xe0\\x80\\x9b");
  EXPECT_EQ(printable("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "half of a pair";
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "past the last character";
}

TEST(Printable, whatReordersOrHidesTextIsWrittenOut) {
  EXPECT_EQ(printable("a\xE2\x80\xAE"
                      "b"),
            "a\\u202eb");
  EXPECT_EQ(printable("\xE2\x81\xA6\xE2\x81\xA9"), "\\u2066\\u2069");
  EXPECT_EQ(printable("\xD8\x9C"), "\\u061c");
  EXPECT_EQ(printable("\xE2\x80\xA8"), "\\u2028");
  EXPECT_EQ(printable("\xF3\xA0\x81\x81"), "\\U000e0041");
}

TEST(Printable, linesStayWhereSeveralAreMeant) {
  EXPECT_EQ(printableLines("one\n\x1btwo\n"), "one\n\\x1btwo\n");
}

TEST(Printable, widthsAreCharacters) {
  EXPECT_EQ(widthOf("gr\xC3\xBCn"), 4U);
}

}  // namespace
}  // namespace kvslocal
