// SPDX-License-Identifier: Apache-2.0
// What the adapter asks of a codec made of NAL units: where pictures and access units begin, and the
// parameter sets. One implementation a codec; the framing around the units is not its business.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "media/nal.h"

namespace kvs::media {

/// What a codec sees in one payload.
struct NalSummary {
  bool hasSlice = false;  ///< a slice of a picture is in it
  bool key = false;       ///< decoding can start at the access unit that this payload is part of
  /// That access unit is a key frame after which pictures may follow that are shown before it.
  bool mayHaveLeading = false;
  bool startsUnit = false;  ///< its first unit begins an access unit, after those read before
  bool hasParameterSets = false;
};

struct PictureSize {
  std::uint32_t width = 0;  ///< pixels as displayed, cropping applied
  std::uint32_t height = 0;
};

class NalCodec {
 public:
  virtual ~NalCodec() = default;

  /// Reads the units of the next payload, in order.
  virtual NalSummary read(Pieces payload, std::span<const NalUnit> units) = 0;

  /// Takes the parameter sets among these units; true when that changed the collected set.
  virtual Result<bool> collect(Pieces payload, std::span<const NalUnit> units) = 0;
  /// Begins the collection with the sets of a configuration record, as far as they can be read.
  virtual Result<void> seed(ByteView configurationRecord) = 0;
  /// All that a record needs has been collected.
  virtual bool complete() const = 0;
  /// The configuration record (CodecPrivate) of the collected parameter sets, with 4-byte lengths.
  virtual Result<Bytes> configurationRecord() const = 0;
  /// From the newest sequence parameter set; zeros where there is none that can be read.
  virtual PictureSize pictureSize() const = 0;
  /// Of one frame, as that set declares it; unset where it does not, or is not read for it.
  virtual std::optional<Nanoseconds> frameDuration() const { return std::nullopt; }

  /// The length size that a configuration record declares.
  virtual Result<unsigned> lengthSize(ByteView configurationRecord) const = 0;
  /// The same record, declaring 4-byte lengths.
  virtual Result<Bytes> withFourByteLengths(ByteView configurationRecord) const = 0;
};

}  // namespace kvs::media
