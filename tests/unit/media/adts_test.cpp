// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "adts_frames.h"
#include "media/aac.h"
#include "media/piece_cursor.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::adts;
using test::AdtsFields;
using test::hex;
using test::joined;
using test::toHex;

Result<AdtsHeader> header(const Bytes& bytes) {
  return parseAdtsHeader(test::cutToBytes(bytes));
}

std::string refusal(const Bytes& bytes) {
  const auto found = header(bytes);
  if (found) return {};
  EXPECT_EQ(found.error().code, StatusCode::mkvInvalidFrameData);
  return found.error().message;
}

TEST(Adts, ReadsRealHeaders) {
  const auto ffmpeg = header(hex("fff16c40423ffcde02"));  // mono, 8,000 Hz
  ASSERT_TRUE(ffmpeg);
  EXPECT_FALSE(ffmpeg->mpeg2 || ffmpeg->hasCrc);
  EXPECT_EQ(ffmpeg->objectType, aacLowComplexity);
  EXPECT_EQ(ffmpeg->samplingFrequency(), 8000u);
  EXPECT_EQ(ffmpeg->channelConfiguration, 1u);
  EXPECT_EQ(ffmpeg->frameSize, 529u);
  EXPECT_EQ(ffmpeg->blocks, 1u);
  const auto voAac = header(hex("fff950802e7ffc21"));  // voaacenc, MPEG-2, stereo, 44,100 Hz
  ASSERT_TRUE(voAac);
  EXPECT_TRUE(voAac->mpeg2);
  EXPECT_EQ(voAac->samplingFrequency(), 44100u);
  EXPECT_EQ(voAac->channelConfiguration, 2u);
  EXPECT_EQ(voAac->frameSize, 371u);
}

TEST(Adts, RefusesWhatIsNone) {
  EXPECT_EQ(refusal(adts({})), "");
  EXPECT_NE(refusal(hex("fff16c40423f")).find("truncated"), std::string::npos);
  EXPECT_NE(refusal(hex("00f16c40423ffc00")).find("no ADTS header"), std::string::npos);
  EXPECT_NE(refusal(hex("fff36c40423ffc00")).find("no ADTS header"), std::string::npos);  // MP3's layer
  EXPECT_NE(refusal(adts({.index = 13})).find("sampling frequency"), std::string::npos);
  EXPECT_NE(refusal(adts({.mpeg2 = true, .profile = 3})).find("profile"), std::string::npos);
  EXPECT_EQ(refusal(adts({.profile = 3})), "");
  EXPECT_NE(refusal(adts({.sound = {}})).find("without audio"), std::string::npos);
  EXPECT_NE(refusal(adts({.crc = true, .sound = {}})).find("without audio"), std::string::npos);
  EXPECT_NE(refusal(hex("56e005 0000000000")).find("LOAS"), std::string::npos);
  EXPECT_NE(refusal(joined({asBytes("ADIF"), hex("0000000000")})).find("ADIF"), std::string::npos);
}

TEST(Adts, SplitsAPayloadIntoItsFrames) {
  const Bytes one = adts({.sound = hex("0102")}), two = adts({.sound = hex("030405")});
  const Bytes payload = joined({one, two, one});
  std::vector<ByteRange> frames;
  ASSERT_TRUE(splitAdts(test::cutToBytes(payload), frames));
  EXPECT_EQ(frames, (std::vector<ByteRange>{{0, 9}, {9, 10}, {19, 9}}));
  ASSERT_TRUE(splitAdts(test::cutToBytes(one), frames));
  EXPECT_EQ(frames, (std::vector<ByteRange>{{0, 9}}));
  ASSERT_TRUE(splitAdts({}, frames));
  EXPECT_TRUE(frames.empty());
  for (std::size_t size = 20; size < payload.size(); ++size) {
    const ByteView cut = ByteView(payload).first(size);
    EXPECT_FALSE(splitAdts(Pieces(&cut, 1), frames)) << size;
  }
  EXPECT_FALSE(splitAdts(test::cutToBytes(joined({one, hex("00"), two})), frames));
}

TEST(Adts, ARealFileSplitsToItsEnd) {
  const Bytes file = test::readFile("mono-8000.aac");
  Random random(11);
  const auto pieces = test::cutAtRandom(file, random, 20);
  std::vector<ByteRange> frames;
  ASSERT_TRUE(splitAdts(pieces, frames));
  EXPECT_EQ(frames.size(), 5u);
  std::vector<ByteView> part;
  for (const ByteRange& frame : frames) {
    subPieces(pieces, frame.offset, frame.size, part);
    ASSERT_EQ(totalSize(part), frame.size);
    EXPECT_EQ(parseAdtsHeader(part)->frameSize, frame.size);
  }
  EXPECT_EQ(frames.back().offset + frames.back().size, file.size());
}

std::string bodyOf(const Bytes& frame) {
  const auto pieces = test::cutToBytes(frame);
  const auto found = parseAdtsHeader(pieces);
  EXPECT_TRUE(found) << found.error().message;
  const auto body = adtsBody(pieces, *found);
  if (!body) return "refused";
  Bytes out;
  VectorSink sink(out);
  for (unsigned i = 0; i < body->count; ++i)
    copyRange(pieces, body->ranges[i].offset, body->ranges[i].size, sink);
  EXPECT_EQ(out.size(), body->size());
  return toHex(out);
}

TEST(Adts, HeadersAndCheckSumsAreNoSound) {
  EXPECT_EQ(bodyOf(adts({.sound = hex("010203")})), "010203");
  EXPECT_EQ(bodyOf(adts({.crc = true, .sound = hex("010203")})), "010203");
  EXPECT_EQ(bodyOf(adts({.blocks = 3, .sound = hex("010203")})), "010203");
  // two blocks: position of the second, check sum, block and its check sum twice
  const Bytes blocks = hex("010203 AAAA 0405 BBBB");
  EXPECT_EQ(bodyOf(adts({.crc = true, .blocks = 2, .positions = hex("0005"), .sound = blocks})),
            "0102030405");
  for (const char* position : {"0000", "0002", "0007", "0009", "FFFF"}) {
    EXPECT_EQ(bodyOf(adts({.crc = true, .blocks = 2, .positions = hex(position), .sound = blocks})),
              "refused")
        << position;
  }
}

std::string configOf(const Bytes& frame) {
  const auto pieces = test::cutToBytes(frame);
  const auto config = audioSpecificConfigOf(pieces, parseAdtsHeader(pieces).value());
  return config ? toHex(*config) : toHex(config.error().code);
}

TEST(Adts, MakesTheCodecData) {
  EXPECT_EQ(configOf(test::readFile("mono-8000.aac")), "1588");
  EXPECT_EQ(configOf(adts({.index = 3, .channels = 2})), "1190");
  EXPECT_EQ(configOf(adts({.mpeg2 = true, .index = 4, .channels = 6})), "1230");
  EXPECT_EQ(configOf(adts({.profile = 0, .index = 0, .channels = 7})), "0838");
  EXPECT_EQ(configOf(adts({.profile = 3, .index = 12, .channels = 1})), "2608");
}

TEST(Adts, ChannelsInTheFrameAreCopiedIntoTheCodecData) {
  // FFmpeg's first ADTS frames of quad and 7.1(wide), and its own AudioSpecificConfig of the same
  EXPECT_EQ(configOf(adts(
                {.index = 3, .channels = 0, .sound = hex("a098808004220d4c61766335392e33372e313030de02")})),
            "118004c4040021100d4c61766335392e33372e313030");
  EXPECT_EQ(
      configOf(adts(
          {.index = 3, .channels = 0, .sound = hex("a0990900040018c80d4c61766335392e33372e313030de02")})),
      "118004c848002000c6400d4c61766335392e33372e313030");
  EXPECT_EQ(configOf(adts({.channels = 0, .sound = hex("de02")})), "0x32000024");
  EXPECT_EQ(configOf(adts({.channels = 0, .sound = hex("a0988080")})), "0x32000024");
}

TEST(Adts, OtherFramingsAreKnownByName) {
  const auto framing = [](const Bytes& bytes) { return std::string(aacFraming(test::cutToBytes(bytes))); };
  EXPECT_EQ(framing(adts({})), "ADTS");
  EXPECT_EQ(framing(hex("56e005 0000000000")), "LOAS/LATM");
  EXPECT_EQ(framing(hex("56ffff 0000000000")), "");  // longer than the payload: an accident of bits
  EXPECT_EQ(framing(joined({asBytes("ADIF"), hex("00")})), "ADIF");
  EXPECT_EQ(framing(hex("de02004c")), "");
  EXPECT_EQ(framing({}), "");
}

}  // namespace
}  // namespace kvs::media
