// SPDX-License-Identifier: Apache-2.0
#include "mkv/tags.h"

#include <gtest/gtest.h>

#include "ebml_reader.h"
#include "golden.h"

namespace kvs::mkv {
namespace {

using test::golden;
using test::toHex;

TEST(Tags, OnePairByteByByte) {
  const std::vector<TagGroup> groups = {{{"door", "open"}}};
  EXPECT_EQ(toHex(tags(groups)), toHex(golden(R"(
    1254C367 94               # Tags, 20 bytes
      7373 91                 # Tag, 17 bytes
        67C8 8E               # SimpleTag, 14 bytes
          45A3 84 646F6F72    # TagName "door"
          4487 84 6F70656E    # TagString "open"
  )")));
}

TEST(Tags, TheEndOfAFragmentByteByByte) {
  EXPECT_EQ(toHex(endOfFragmentTags({})), toHex(golden(R"(
    1254C367 AC               # Tags, 44 bytes
      7373 A9                 # Tag, 41 bytes
        67C8 A6               # SimpleTag, 38 bytes
          45A3 A0 4157535F4B494E45534953564944454F5F454E445F4F465F465241474D454E54 # the mark's name
          4487 80             # TagString, empty
  )")));
}

std::vector<std::vector<std::pair<std::string, std::string>>> readBack(const Bytes& bytes) {
  std::vector<std::vector<std::pair<std::string, std::string>>> out;
  const auto elements = test::parse(bytes);
  EXPECT_EQ(elements.size(), 1u);
  EXPECT_EQ(elements.at(0).id, 0x1254C367u);
  for (const auto& tag : elements.at(0).children) {
    EXPECT_EQ(tag.id, 0x7373u);
    auto& group = out.emplace_back();
    for (const auto& simple : tag.children) {
      EXPECT_EQ(simple.id, 0x67C8u);
      group.emplace_back(simple.at(0x45A3).text(), simple.at(0x4487).text());
    }
  }
  return out;
}

TEST(Tags, GroupsStayTogether) {
  const std::vector<TagGroup> groups = {{{"a", "1"}},
                                        {},
                                        {{std::string(imageGenerationTagName), ""},
                                         {std::string(imagePrefixTagName), "p/"},
                                         {"k", "\xC3\xA4"}}};
  auto expected = readBack(tags(groups));
  ASSERT_EQ(expected.size(), 2u);
  EXPECT_EQ(expected[0], (std::vector<std::pair<std::string, std::string>>{{"a", "1"}}));
  EXPECT_EQ(expected[1],
            (std::vector<std::pair<std::string, std::string>>{{"AWS_KINESISVIDEO_IMAGE_GENERATION", ""},
                                                              {"AWS_KINESISVIDEO_IMAGE_PREFIX", "p/"},
                                                              {"k", "\xC3\xA4"}}));
  expected.push_back({{"AWS_KINESISVIDEO_END_OF_FRAGMENT", ""}});
  EXPECT_EQ(readBack(endOfFragmentTags(groups)), expected);
}

TEST(Tags, WithoutTagsThereIsNoByte) {
  EXPECT_TRUE(tags({}).empty());
  const std::vector<TagGroup> empty(3);
  EXPECT_TRUE(tags(empty).empty());
}

StatusCode codeOf(std::string name, std::string value) {
  const auto checked = validateTag({std::move(name), std::move(value)});
  return checked ? StatusCode::success : checked.error().code;
}

TEST(Tags, NamesAndValuesKeepTheServicesLimits) {
  EXPECT_EQ(codeOf(std::string(128, 'n'), std::string(256, 'v')), StatusCode::success);
  EXPECT_EQ(codeOf("", "v"), StatusCode::invalidMetadataKeyLength);
  EXPECT_EQ(codeOf(std::string(129, 'n'), "v"), StatusCode::invalidMetadataKeyLength);
  EXPECT_EQ(codeOf("n", ""), StatusCode::invalidMetadataValueLength);
  EXPECT_EQ(codeOf("n", std::string(257, 'v')), StatusCode::invalidMetadataValueLength);
}

TEST(Tags, NamesOfTheServiceAreItsOwn) {
  EXPECT_EQ(codeOf("AWS", "v"), StatusCode::invalidMetadataName);
  EXPECT_EQ(codeOf("AWSomething", "v"), StatusCode::invalidMetadataName);
  EXPECT_EQ(codeOf("aws", "v"), StatusCode::success);
  EXPECT_EQ(codeOf(std::string(endOfFragmentTagName), ""), StatusCode::invalidMetadataName);
  EXPECT_EQ(codeOf(std::string(notificationTagName), ""), StatusCode::success);
  EXPECT_EQ(codeOf(std::string(imageGenerationTagName), ""), StatusCode::success);
  EXPECT_EQ(codeOf(std::string(imagePrefixTagName), "p"), StatusCode::success);
  EXPECT_EQ(codeOf(std::string(imagePrefixTagName), ""), StatusCode::invalidImagePrefixLength);
  EXPECT_EQ(codeOf(std::string(imagePrefixTagName), std::string(257, 'p')),
            StatusCode::invalidImagePrefixLength);
}

}  // namespace
}  // namespace kvs::mkv
