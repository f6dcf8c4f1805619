// SPDX-License-Identifier: Apache-2.0
// H.265 as it comes: byte 0 steers the framing, byte 1 the size of the pieces, the rest is a payload. Its
// units are read as an access unit and, each, as a parameter set; then the adapter takes the whole.
#include "fuzz_input.h"
#include "media/adapter.h"
#include "media/h265.h"
#include "media/h265_parameter_sets.h"
#include "media/piece_cursor.h"
#include "media/same_format.h"

namespace {

using namespace kvs;
using namespace kvs::media;
using fuzz::require;

void checkSps(ByteView nal) {
  const auto sps = parseH265Sps(nal);
  if (!sps) return;
  require(sps->id <= 15 && sps->vpsId <= 15, "ids in range");
  require(sps->temporalLayers >= 1 && sps->temporalLayers <= 7, "temporal layers in range");
  require(sps->chromaFormatIdc <= 3, "chroma format in range");
  require(sps->bitDepthLuma >= 8 && sps->bitDepthLuma <= 15, "luma depth in range");
  require(sps->bitDepthChroma >= 8 && sps->bitDepthChroma <= 15, "chroma depth in range");
  require(sps->width > 0 && sps->width <= 65535, "width in range");
  require(sps->height > 0 && sps->height <= 65535, "height in range");
}

void checkUnits(Pieces payload, std::span<const NalUnit> units) {
  H265ParameterSets sets;
  H265UnitState state;
  for (const NalUnit& unit : units) {
    static_cast<void>(startsH265AccessUnit(payload, unit, state));
    Bytes bytes;
    VectorSink sink(bytes);
    copyRange(payload, unit.offset, unit.size, sink);
    checkSps(bytes);
    static_cast<void>(parseH265Pps(bytes));
    static_cast<void>(sets.sliceKind(payload, unit));
    const auto added = sets.add(bytes);
    require(!added || !sets.add(bytes).value(), "a repetition is no change");
  }
  const H265AccessUnit found = inspectH265(payload, units);
  require(!found.randomAccess || found.hasSlice, "a random access picture has a slice");
  require(!found.mayHaveLeading || found.randomAccess, "leading pictures belong to a random access one");
  if (!sets.complete()) return;
  const auto record = sets.configurationRecord();
  require(!record || parseHevcDecoderConfiguration(*record).has_value(), "a record reads back");
  require(!record || isSameFormat(Codec::h265, *record, *record, {}), "a record is of its own format");
}

void checkAdapter(Pieces payload, NalFraming framing) {
  TrackFormat config;
  config.codec = Codec::h265;
  config.inputFraming = framing;
  auto adapter = FrameAdapter::create(config);
  require(adapter.has_value(), "a track needs no codec data");
  const auto adapted = adapter->inspect(payload);
  if (!adapted) return;
  Bytes out;
  VectorSink sink(out);
  adapter->write(payload, sink);
  require(out.size() == adapted->size, "the adapter writes what it measured");
  require(!adapted->codecChanged || adapter->width() != 0, "codec data tells the size");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned choice = input.byte() % 5;
  const std::size_t step = 1 + input.byte();
  const NalFraming framing =
      choice == 0 ? NalFraming{} : NalFraming{NalFraming::Kind::lengthPrefixed, choice};
  const fuzz::Pieced payload(input.rest(), step);
  std::vector<NalUnit> units;
  if (findNalUnits(payload, framing, units)) checkUnits(payload, units);
  checkAdapter(payload, framing);
  return 0;
}
