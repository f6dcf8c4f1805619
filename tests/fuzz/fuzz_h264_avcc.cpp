// SPDX-License-Identifier: Apache-2.0
// Configuration records as caps bring them: the input is one record.
#include "fuzz_input.h"
#include "media/adapter.h"
#include "media/h264.h"

namespace {

using namespace kvs;
using namespace kvs::media;
using fuzz::require;

void checkFourByteLengths(ByteView record) {
  const auto raised = withFourByteLengths(record);
  require(raised && raised->size() == record.size(), "a record that can be read can be raised");
  require(parseAvcDecoderConfiguration(*raised)->lengthSize == 4, "and then has 4-byte lengths");
  for (std::size_t i = 0; i < record.size(); ++i) {
    require(i == 4 || (*raised)[i] == record[i], "every other byte is untouched");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView record = std::as_bytes(std::span(data, size));
  TrackFormat config;
  config.codecPrivate.assign(record.begin(), record.end());
  config.inputFraming.kind = NalFraming::Kind::lengthPrefixed;
  static_cast<void>(FrameAdapter::create(config));
  if (parseAvcDecoderConfiguration(record)) checkFourByteLengths(record);
  return 0;
}
