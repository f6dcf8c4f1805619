// SPDX-License-Identifier: Apache-2.0
// The VPS, SPS and PPS that a stream carries in band, collected by their ids, so that a configuration
// record can be made of them and a change be told from a repetition.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "media/h265.h"
#include "media/parameter_set_store.h"

namespace kvs::media {

/// Bounded: 16 VPS, 16 SPS, 64 PPS (their ids' ranges), and maxTotalSize bytes in all.
class H265ParameterSets {
 public:
  static constexpr std::size_t maxTotalSize = ParameterSetStore::maxTotalSize;

  /// Takes one parameter set NAL unit; true when it is new or other than the one of the same id. Units of
  /// other types and of other layers than the base are ignored. Errors, on which nothing is taken:
  /// mkvInvalidSps (SPS that cannot be read), mkvInvalidCodecPrivate (VPS or PPS whose id cannot),
  /// mkvInvalidCodecPrivateLength (bound passed).
  Result<bool> add(ByteView nal);

  /// At least one of each is known.
  bool complete() const;

  /// HEVCDecoderConfigurationRecord of what the newest group uses (all, where no group has begun), the sets
  /// of each kind in the order of their ids, so that the same sets make the same bytes whatever order they
  /// came in. Errors as makeHevcDecoderConfiguration().
  Result<Bytes> configurationRecord() const;

  /// The SPS that the newest group uses; where that is not known, the one that was taken last.
  std::optional<H265Sps> newestSps() const;

  /// Of a slice of the base layer, by the sets that it refers to.
  H265SliceKind sliceKind(Pieces payload, NalUnit unit) const;

  /// What the pictures use of them.
  ParameterSetStore& store() { return store_; }
  const ParameterSetStore& store() const { return store_; }

 private:
  Result<bool> put(ParameterSetStore::Kind kind, std::size_t id, std::size_t parent, ByteView nal);
  Result<bool> addVps(ByteView nal);
  Result<bool> addSps(ByteView nal);
  Result<bool> addPps(ByteView nal);

  ParameterSetStore store_;
  std::size_t newestSps_ = 0;  ///< its id
};

}  // namespace kvs::media
