// SPDX-License-Identifier: Apache-2.0
#include "mkv/ebml.h"

#include <gtest/gtest.h>

#include "ebml_reader.h"
#include "golden.h"

namespace kvs::mkv {
namespace {

using test::toHex;

std::string sizeAsHex(std::uint64_t size) {
  Bytes out;
  EbmlWriter(out).size(size);
  return toHex(out);
}

TEST(Ebml, SizesAreAsShortAsCanBeAndNeverTheUnknownOne) {
  EXPECT_EQ(sizeAsHex(0), "80");
  EXPECT_EQ(sizeAsHex(126), "fe");
  EXPECT_EQ(sizeAsHex(127), "407f");  // 0xFF would be the unknown size
  EXPECT_EQ(sizeAsHex(16382), "7ffe");
  EXPECT_EQ(sizeAsHex(16383), "203fff");
  EXPECT_EQ(sizeAsHex(2097150), "3ffffe");
  EXPECT_EQ(sizeAsHex(2097151), "101fffff");
  EXPECT_EQ(sizeAsHex((1u << 28) - 1), "080fffffff");
  EXPECT_EQ(sizeAsHex(maxVint), "01fffffffffffffe");
}

std::string uintAsHex(std::uint64_t value) {
  Bytes out;
  EbmlWriter(out).uint(ElementId::timecode, value);
  return toHex(out);
}

TEST(Ebml, NumbersAreAsShortAsCanBe) {
  EXPECT_EQ(uintAsHex(0), "e78100");
  EXPECT_EQ(uintAsHex(255), "e781ff");
  EXPECT_EQ(uintAsHex(256), "e7820100");
  EXPECT_EQ(uintAsHex(0xFFFFFFFFFFFFFFFF), "e788ffffffffffffffff");
}

TEST(Ebml, OtherElements) {
  Bytes out;
  EbmlWriter writer(out);
  writer.real(ElementId::samplingFrequency, 8000);
  writer.text(ElementId::docType, "matroska");
  writer.binary(ElementId::codecPrivate, {});
  writer.openMaster(ElementId::segment);
  EXPECT_EQ(toHex(out),
            "b58840bf400000000000"
            "4282886d6174726f736b61"
            "63a280"
            "1853806701ffffffffffffff");
}

TEST(Ebml, TheReaderReadsBackAnySize) {
  for (std::size_t size : {0u, 1u, 126u, 127u, 128u, 16382u, 16383u, 16384u, 3000000u}) {
    const Bytes payload(size, std::byte{0x5A});
    Bytes out;
    EbmlWriter(out).binary(ElementId::codecPrivate, payload);
    const auto elements = test::parse(out);
    ASSERT_EQ(elements.size(), 1u);
    EXPECT_EQ(elements[0].id, 0x63A2u);
    EXPECT_TRUE(std::ranges::equal(elements[0].data, payload));
  }
}

}  // namespace
}  // namespace kvs::mkv
