// SPDX-License-Identifier: Apache-2.0
// A track's life in the adapter: codec data, then frames. Byte 0: adaptation, byte 1: framing and codec, byte
// 2: size of the pieces, byte 3 and that many bytes: codec data; then frames, each behind a 2-byte size.
#include "fuzz_input.h"
#include "media/adapter.h"
#include "media/h264.h"
#include "media/h265.h"
#include "media/same_format.h"

namespace {

using namespace kvs;
using namespace kvs::media;
using fuzz::require;

TrackFormat readConfig(fuzz::Input& input) {
  TrackFormat config;
  const unsigned adaptation = input.byte() % 6;
  if (adaptation < 5) config.adaptation = static_cast<NalAdaptation>(adaptation);
  const unsigned framing = input.byte();
  config.nalAligned = (framing & 0x80) != 0;
  if ((framing & 0x40) != 0) config.codec = Codec::h265;
  if ((framing & 7) != 0) config.inputFraming = {NalFraming::Kind::lengthPrefixed, framing & 7};
  return config;
}

void checkRecord(Codec codec, ByteView record) {
  const bool readable = codec == Codec::h264 ? parseAvcDecoderConfiguration(record).has_value()
                                             : parseHevcDecoderConfiguration(record).has_value();
  require(readable, "its record can be read");
  require(isSameFormat(codec, record, record, {}), "and is of its own format");
}

void putFrame(FrameAdapter& adapter, Codec codec, Pieces payload) {
  const bool wasKnown = adapter.codecPrivate().has_value();
  const auto adapted = adapter.inspect(payload);
  require(!wasKnown || adapter.codecPrivate(), "codec data once known stays known");
  if (!adapted) return;
  Bytes out;
  VectorSink sink(out);
  adapter.write(payload, sink);
  require(out.size() == adapted->size, "the adapter writes what it measured");
  if (adapted->codecChanged) checkRecord(codec, adapter.codecPrivate().value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  TrackFormat config = readConfig(input);
  const std::size_t step = 1 + input.byte();
  const ByteView codecPrivate = input.take(input.byte());
  config.codecPrivate.assign(codecPrivate.begin(), codecPrivate.end());
  auto adapter = FrameAdapter::create(config);
  if (!adapter) return 0;
  while (!input.empty()) {
    const std::size_t high = input.byte();
    const ByteView frame = input.take(high << 8 | input.byte());
    putFrame(*adapter, config.codec, fuzz::Pieced(frame, step));
  }
  return 0;
}
