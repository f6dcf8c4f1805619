// SPDX-License-Identifier: Apache-2.0
// What a session may make the service hold is bounded, and it is refused at the byte that is too much.
#include <gtest/gtest.h>

#include <algorithm>

#include "mkv_bytes.h"
#include "service/ingest.h"

namespace kvslocal {
namespace {

using namespace test;

constexpr WallTime now{std::chrono::milliseconds(1'700'000'000'000)};
constexpr std::size_t tagBound = 64 * 1024;

class Sink final : public IngestSink {
 public:
  void header(const StreamHeader& seen) override { header_ = seen; }
  std::uint64_t openFragment(const FragmentSummary&) override { return ++counter_; }
  void append(ByteView) override {}
  void seal(const FragmentSummary&) override {}
  void discard() override {}
  void ack(const Ack& one) override { acks.push_back(one); }
  void blockSeen(const BlockSeen&) override {}

  std::vector<Ack> acks;
  StreamHeader header_;

 private:
  std::uint64_t counter_ = 0;
};

class SessionMemory : public testing::Test {
 protected:
  /// How many bytes of `bytes` were taken until the session was over.
  std::size_t feedUntilOver(const Bytes& bytes) {
    std::size_t count = 0;
    while (count < bytes.size() && ingest.feed({&bytes[count], 1}, now))
      ++count;
    return count + 1;
  }
  [[nodiscard]] std::uint32_t errorId() const {
    return sink.acks.empty() || sink.acks.back().event != AckEvent::error ? 0 : sink.acks.back().errorId;
  }

  Sink sink;
  Ingest ingest{IngestConfig{}, sink};
};

Bytes largeTags(std::size_t valueBytes) {
  return tags({{"name", std::string(valueBytes, 'v')}});
}

TEST_F(SessionMemory, tagsOf255KilobytesBeforeAClusterAreRefusedAtTheirHead) {
  ingest.feed(head(), now);
  const std::size_t taken = feedUntilOver(largeTags(255'000));
  EXPECT_EQ(errorId(), 4009U);
  EXPECT_LE(taken, 12U);  // the element's ID and size
}

TEST_F(SessionMemory, tagsBehindAFragmentAreRefusedAtTheirHead) {
  ingest.feed(join({head(), cluster(1000), block(1, 0, true)}), now);
  const std::size_t taken = feedUntilOver(largeTags(255'000));
  EXPECT_EQ(errorId(), 4009U);
  EXPECT_LE(taken, 12U);
}

TEST_F(SessionMemory, tagsInManyElementsAreRefusedWhenTheyAreTooMuchTogether) {
  ingest.feed(head(), now);
  const Bytes one = largeTags(200);
  std::size_t fed = 0;
  while (ingest.feed(one, now) && fed < 1'000'000)
    fed += one.size();
  EXPECT_EQ(errorId(), 4009U);
  EXPECT_LE(fed, tagBound);
  EXPECT_GT(fed + 2 * one.size(), tagBound);
}

TEST_F(SessionMemory, emptyTagsWithoutEndAreRefusedToo) {
  ingest.feed(join({head(), cluster(1000), block(1, 0, true)}), now);
  const Bytes one = element(ebml::idTags, {});
  std::size_t fed = 0;
  while (ingest.feed(one, now) && fed < 1'000'000)
    fed += one.size();
  EXPECT_EQ(errorId(), 4009U);
}

TEST_F(SessionMemory, theTagsOfEachFragmentCountForThemselves) {
  ingest.feed(head(), now);
  for (std::uint64_t i = 0; i < 50; ++i) {
    std::vector<std::pair<std::string, std::string>> ten;
    for (int tag = 0; tag < 10; ++tag)
      ten.emplace_back(std::string(127, 'n') + std::to_string(tag), std::string(256, 'v'));
    const Bytes bytes = join({tags(ten), cluster(1000 * i), block(1, 0, true)});
    ASSERT_TRUE(ingest.feed(i % 2 == 0 ? bytes : join({bytes, endOfFragment()}), now)) << ingest.reason();
  }
  EXPECT_EQ(errorId(), 0U);
}

TEST_F(SessionMemory, aHeaderWithTracksWithoutEndIsReadAtOnce) {
  // A hundred thousand of them, each to be compared with every other.
  Bytes entries;
  for (std::uint64_t i = 1; i < 60'000 && entries.size() < 1'000'000; ++i) {
    const Bytes entry = element(
        ebml::idTrackEntry, join({uintElement(ebml::idTrackNumber, i), textElement(ebml::idCodecId, "A")}));
    entries.insert(entries.end(), entry.begin(), entry.end());
  }
  ingest.feed(head(element(ebml::idTracks, entries)), now);
  EXPECT_EQ(errorId(), 4005U);
  EXPECT_LE(sink.header_.tracks.size(), 64U);
}

TEST_F(SessionMemory, whatIsPassedOverIsNotKept) {
  ingest.feed(head(), now);
  const Bytes filling(1'000'000, 0);
  for (const std::uint32_t id : {ebml::idVoid, ebml::idAttachments, ebml::idChapters, ebml::idCues})
    ASSERT_TRUE(ingest.feed(element(id, filling), now)) << ingest.reason();
  ingest.feed(join({cluster(1000), block(1, 0, true), element(0xAB, filling), block(1, 10, false)}), now);
  ingest.finish(now);
  EXPECT_EQ(errorId(), 0U);
}

}  // namespace
}  // namespace kvslocal
