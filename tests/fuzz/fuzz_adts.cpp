// SPDX-License-Identifier: Apache-2.0
// ADTS: byte 0 is the size of the pieces, the rest a payload of frames, split and put one by one.
#include "fuzz_input.h"
#include "media/adapter.h"
#include "media/piece_cursor.h"

namespace {

using namespace kvs;
using namespace kvs::media;
using fuzz::require;

void putFrame(FrameAdapter& adapter, Pieces frame) {
  const auto adapted = adapter.inspect(frame);
  if (!adapted) return;
  Bytes out;
  VectorSink sink(out);
  adapter.write(frame, sink);
  require(out.size() == adapted->size, "the adapter writes what it measured");
  require(out.size() + 7 <= totalSize(frame), "a header is taken off");
  require(adapter.codecPrivate().has_value(), "a frame that is taken tells the codec data");
  require(parseAudioSpecificConfig(*adapter.codecPrivate()).has_value(), "which can be read");
  require(adapter.frameDuration() && adapter.frameDuration()->count() > 0, "and how long it sounds");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t step = 1 + input.byte();
  const fuzz::Pieced payload(input.rest(), step);
  TrackFormat config;
  config.codec = Codec::aac;
  config.adts = true;
  auto adapter = FrameAdapter::create(config);
  require(adapter.has_value(), "an ADTS track needs no codec data");
  putFrame(*adapter, payload);
  static_cast<void>(aacFraming(payload));
  std::vector<ByteRange> frames;
  if (!splitAdts(payload, frames)) return 0;
  std::size_t end = 0;
  std::vector<ByteView> part;
  for (const ByteRange& frame : frames) {
    require(frame.offset == end && frame.size > 7, "frames follow one another");
    end += frame.size;
    subPieces(payload, frame.offset, frame.size, part);
    require(totalSize(part) == frame.size, "a frame lies within its payload");
    putFrame(*adapter, part);
  }
  require(end == totalSize(payload), "and fill the payload");
  return 0;
}
