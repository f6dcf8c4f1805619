// SPDX-License-Identifier: Apache-2.0
// NAL units in both framings: found alike in any cut, and the same units after every way of writing
// them. Byte 0: framing, byte 1: size of the pieces, then the payload.
#include "fuzz_input.h"
#include "media/h264.h"
#include "media/nal.h"

namespace {

using namespace kvs;
using namespace kvs::media;
using fuzz::require;

using Units = std::vector<NalUnit>;

std::vector<Bytes> contents(Pieces payload, const Units& units) {
  std::vector<Bytes> out;
  for (const NalUnit& unit : units) {
    VectorSink sink(out.emplace_back());
    copyRange(payload, unit.offset, unit.size, sink);
    require(out.back().size() == unit.size, "a unit lies within its payload");
  }
  return out;
}

Units find(Pieces payload, NalFraming framing) {
  Units units;
  require(findNalUnits(payload, framing, units).has_value(), "what we wrote can be read");
  return units;
}

void checkOrder(const Units& units) {
  std::size_t end = 0;
  for (const NalUnit& unit : units) {
    require(unit.size > 0 && unit.offset > end, "units are not empty, and have something between them");
    end = unit.offset + unit.size - 1;
  }
}

Bytes asLengthPrefixed(Pieces payload, const Units& units) {
  Bytes out;
  VectorSink sink(out);
  writeLengthPrefixed(payload, units, sink);
  require(out.size() == lengthPrefixedSize(units), "length-prefixed size is as measured");
  return out;
}

Bytes asAnnexB(Pieces payload, const Units& units) {
  Bytes out;
  VectorSink sink(out);
  writeAnnexB(payload, units, sink);
  require(out.size() == annexBSize(units), "Annex-B size is as measured");
  return out;
}

void checkRoundTrip(Pieces payload, const Units& units, bool fromAnnexB, std::size_t step) {
  const auto before = contents(payload, units);
  const Bytes prefixed = asLengthPrefixed(payload, units);
  const fuzz::Pieced prefixedPieces(prefixed, step);
  const Units after = find(prefixedPieces, {NalFraming::Kind::lengthPrefixed, 4});
  require(contents(prefixedPieces, after) == before, "length prefixes keep the units");
  // Units that came with lengths may hold start codes; those that came with start codes cannot.
  if (!fromAnnexB || units.empty()) return;
  const Bytes startCodes = asAnnexB(prefixedPieces, after);
  const fuzz::Pieced startCodePieces(startCodes, step + 1);
  require(contents(startCodePieces, find(startCodePieces, {})) == before, "start codes keep the units");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned choice = input.byte() % 6;
  const std::size_t step = 1 + input.byte();
  const NalFraming framing =
      choice < 2 ? NalFraming{} : NalFraming{NalFraming::Kind::lengthPrefixed, choice - 1};
  const ByteView whole = input.rest();
  const fuzz::Pieced pieces(whole, step);
  Units units, unitsOfWhole;
  const bool found = findNalUnits(pieces, framing, units).has_value();
  require(found == findNalUnits(Pieces(&whole, 1), framing, unitsOfWhole).has_value(),
          "any cut is taken alike");
  require(units == unitsOfWhole, "any cut has the same units");
  if (!found) return 0;
  checkOrder(units);
  checkRoundTrip(pieces, units, choice < 2, step);
  H264UnitState state;
  for (const NalUnit& unit : units)
    static_cast<void>(startsAccessUnit(pieces, unit, state));
  const H264AccessUnit access = inspectH264(pieces, units);
  require(!access.idr || access.hasSlice, "an IDR picture has a slice");
  return 0;
}
