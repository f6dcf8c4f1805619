// SPDX-License-Identifier: Apache-2.0
// Sequence parameter sets: the input is one NAL unit.
#include "fuzz_input.h"
#include "media/h264.h"
#include "media/h264_parameter_sets.h"

namespace {

using namespace kvs;
using namespace kvs::media;
using fuzz::require;

void checkRanges(const H264Sps& sps) {
  require(sps.id <= 31, "id in range");
  require(sps.chromaFormatIdc <= 3, "chroma format in range");
  require(sps.bitDepthLuma >= 8 && sps.bitDepthLuma <= 14, "luma depth in range");
  require(sps.bitDepthChroma >= 8 && sps.bitDepthChroma <= 14, "chroma depth in range");
  require(sps.width > 0 && sps.width <= 65536, "width in range");
  require(sps.height > 0 && sps.height <= 131072, "height in range");
  require(!sps.frameDuration || sps.frameDuration->count() >= 0, "duration in range");
}

void checkRecord(ByteView sps) {
  static const Bytes pps = {std::byte{0x68}, std::byte{0xEB}};
  const ByteView ppsView = pps;
  const auto record = makeAvcDecoderConfiguration(std::span(&sps, 1), std::span(&ppsView, 1));
  require(record.has_value() == (sps.size() <= 65535), "an SPS that can be read makes a record");
  if (!record) return;
  const auto parsed = parseAvcDecoderConfiguration(*record);
  require(parsed && parsed->sps.size() == 1 && std::ranges::equal(parsed->sps[0], sps), "it reads back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView nal = std::as_bytes(std::span(data, size));
  H264ParameterSets sets;
  static_cast<void>(sets.add(nal));
  const auto sps = parseSps(nal);
  if (!sps) return 0;
  checkRanges(*sps);
  checkRecord(nal);
  return 0;
}
