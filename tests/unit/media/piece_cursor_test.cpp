// SPDX-License-Identifier: Apache-2.0
#include "media/piece_cursor.h"

#include <gtest/gtest.h>

#include <array>

#include "support.h"

namespace kvs::media {
namespace {

using test::cutAtRandom;
using test::hex;

TEST(PieceCursor, ReadsAcrossPiecesAndEmptyOnes) {
  const Bytes a = hex("0102"), b = hex("03"), c = hex("040506");
  const std::array<ByteView, 5> pieces = {a, ByteView(), b, ByteView(), c};
  PieceCursor cursor(pieces);
  std::array<std::byte, 4> out{};
  EXPECT_EQ(cursor.read(out), 4u);
  EXPECT_EQ(test::toHex(out), "01020304");
  EXPECT_EQ(cursor.position(), 4u);
  EXPECT_EQ(cursor.next(), std::byte{5});
  EXPECT_EQ(cursor.read(out), 1u);
  EXPECT_EQ(cursor.next(), std::nullopt);
  EXPECT_EQ(cursor.position(), 6u);
}

TEST(PieceCursor, SeekPastTheEndStandsAtTheEnd) {
  const Bytes a = hex("0102");
  const ByteView piece = a;
  PieceCursor cursor(Pieces(&piece, 1));
  cursor.seek(100);
  EXPECT_EQ(cursor.position(), 2u);
  EXPECT_EQ(cursor.next(), std::nullopt);
}

TEST(PieceCursor, NothingIsNothing) {
  PieceCursor cursor{Pieces()};
  cursor.seek(3);
  EXPECT_EQ(cursor.position(), 0u);
  EXPECT_EQ(cursor.next(), std::nullopt);
}

TEST(PieceCursor, AnyRangeOfAnyCutIsTheRangeOfTheWhole) {
  Random random(7);
  Bytes whole(97);
  for (std::byte& byte : whole)
    byte = static_cast<std::byte>(random.next());
  for (int round = 0; round < 2000; ++round) {
    const auto pieces = cutAtRandom(whole, random, 9);
    PieceCursor cursor(pieces);
    for (int step = 0; step < 4; ++step) {
      const std::size_t offset = random.next() % whole.size();
      const std::size_t size = random.next() % (whole.size() - offset + 1);
      Bytes out;
      VectorSink sink(out);
      cursor.seek(offset);
      cursor.copy(size, sink);
      ASSERT_TRUE(std::ranges::equal(out, ByteView(whole).subspan(offset, size)));
      ASSERT_EQ(cursor.position(), offset + size);
    }
  }
}

TEST(PieceCursor, PeekAndCopyRangeGiveWhatThereIs) {
  const Bytes a = hex("0102"), b = hex("0304");
  const std::array<ByteView, 2> pieces = {a, b};
  std::array<std::byte, 3> out{};
  EXPECT_EQ(peek(pieces, 1, out), 3u);
  EXPECT_EQ(test::toHex(out), "020304");
  EXPECT_EQ(peek(pieces, 3, out), 1u);
  EXPECT_EQ(peek(pieces, 4, out), 0u);
  Bytes copied;
  VectorSink sink(copied);
  copyRange(pieces, 1, 2, sink);
  EXPECT_EQ(test::toHex(copied), "0203");
}

}  // namespace
}  // namespace kvs::media
