// SPDX-License-Identifier: Apache-2.0
// NAL units as H.264 and H.265 frame them: they are found and written in either framing. The bytes of the
// units themselves are neither inspected nor changed here.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "media/piece_cursor.h"

namespace kvs::media {

/// How NAL units are framed in a payload.
struct NalFraming {
  enum class Kind {
    annexB,          ///< start codes, ISO/IEC 14496-10 Annex B
    lengthPrefixed,  ///< big-endian lengths, ISO/IEC 14496-15 5.3.2
  };
  Kind kind = Kind::annexB;
  unsigned lengthSize = 4;  ///< bytes of a length, 1 to 4; only used with lengthPrefixed

  bool operator==(const NalFraming&) const = default;
};

/// Where one NAL unit lies in the concatenated payload, without its start code or length.
struct NalUnit {
  std::size_t offset = 0;
  std::size_t size = 0;

  bool operator==(const NalUnit&) const = default;
};

/// Finds the units of a payload; `out` is cleared and its memory reused. Units of size 0 are left out.
/// Errors: mkvInvalidAnnexBInFrame (no start code, or bytes before the first one that are not zero),
/// mkvInvalidAvccInFrame (a length that goes beyond the payload's end, or a length size that is not 1 to 4).
Result<void> findNalUnits(Pieces payload, NalFraming framing, std::vector<NalUnit>& out);

/// Bytes that writeLengthPrefixed() will write.
std::size_t lengthPrefixedSize(std::span<const NalUnit> units);
/// Writes each unit after a 4-byte length. A unit must be smaller than 4 GiB.
void writeLengthPrefixed(Pieces payload, std::span<const NalUnit> units, ByteSink& out);

/// Bytes that writeAnnexB() will write.
std::size_t annexBSize(std::span<const NalUnit> units);
/// Writes each unit after a 4-byte start code.
void writeAnnexB(Pieces payload, std::span<const NalUnit> units, ByteSink& out);

}  // namespace kvs::media
