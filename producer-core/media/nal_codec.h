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
#include "media/parameter_set_store.h"

namespace kvs::media {

/// What a codec sees in one payload.
struct NalSummary {
  bool hasSlice = false;  ///< a slice of a picture is in it
  bool key = false;       ///< decoding can start at the access unit that this payload is part of
  /// That access unit is a key frame after which pictures may follow that are shown before it.
  bool mayHaveLeading = false;
  bool closed = false;      ///< it is a key frame after which none may follow that is shown before it
  bool startsUnit = false;  ///< its first unit begins an access unit, after those read before
  bool hasIntra = false;    ///< a slice that is predicted from nothing but its own picture
  bool hasInter = false;    ///< one that is predicted from others, or of which it cannot be told
  /// A slice of a picture is in it at which decoding may start, by the bytes or by the application's word.
  bool beginsGroup = false;
  std::optional<Error> badSet;  ///< a parameter set is in it that cannot be taken
};

/// Follows access units through a track's payloads, and notes which parameter sets their pictures use.
class GroupTracker {
 public:
  explicit GroupTracker(ParameterSetStore& store) : store_(store) {}

  /// The next unit is the first of an access unit.
  void beginUnit();
  /// Decoding can start at the access unit under way.
  void randomAccess() { randomAccess_ = true; }
  /// A slice; `pps`: what it refers to, where that can be read. True where its picture begins a group.
  bool slice(bool intra, std::optional<unsigned> pps);
  bool hasSlice() const { return hasSlice_; }

 private:
  ParameterSetStore& store_;
  bool randomAccess_ = false;
  bool hasSlice_ = false;
  bool beginsGroup_ = false;
};

struct PictureSize {
  std::uint32_t width = 0;  ///< pixels as displayed, cropping applied
  std::uint32_t height = 0;
  bool operator==(const PictureSize&) const = default;
};

class NalCodec {
 public:
  virtual ~NalCodec() = default;

  /// Reads the units of the next payload, in order, and takes the parameter sets among them. `whole`: it is
  /// an access unit, or stands in front of one; else it may be less.
  virtual NalSummary read(Pieces payload, std::span<const NalUnit> units, bool whole) = 0;

  /// Takes the parameter sets among these units.
  virtual Result<void> collect(Pieces payload, std::span<const NalUnit> units) = 0;
  /// Begins the collection with the sets of a configuration record, as far as they can be read.
  virtual Result<void> seed(ByteView configurationRecord) = 0;
  /// All that a record needs has been collected.
  virtual bool complete() const = 0;
  /// What the pictures use of what was collected.
  virtual ParameterSetStore& sets() = 0;
  /// The configuration record (CodecPrivate) of the parameter sets that the newest group of pictures uses,
  /// with 4-byte lengths; of all, where that is not known.
  virtual Result<Bytes> configurationRecord() const = 0;
  /// From the sequence parameter set in use, else from the newest; zeros where there is none that can be
  /// read.
  virtual PictureSize pictureSize() const = 0;
  /// Of one frame, as that set declares it; unset where it does not.
  virtual std::optional<Nanoseconds> frameDuration() const = 0;

  /// The length size that a configuration record declares.
  virtual Result<unsigned> lengthSize(ByteView configurationRecord) const = 0;
  /// The same record, declaring 4-byte lengths.
  virtual Result<Bytes> withFourByteLengths(ByteView configurationRecord) const = 0;
};

}  // namespace kvs::media
