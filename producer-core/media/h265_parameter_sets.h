// SPDX-License-Identifier: Apache-2.0
// The VPS, SPS and PPS that a stream carries in band, collected by their ids, so that a configuration
// record can be made of them and a change be told from a repetition.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "media/h265.h"

namespace kvs::media {

/// Bounded: 16 VPS, 16 SPS, 64 PPS (their ids' ranges), and maxTotalSize bytes in all.
class H265ParameterSets {
 public:
  static constexpr std::size_t maxTotalSize = 512 * 1024;

  /// Takes one parameter set NAL unit; true when it is new or other than the one of the same id. Units of
  /// other types and of other layers than the base are ignored. Errors, on which nothing is taken:
  /// mkvInvalidSps (SPS that cannot be read), mkvInvalidCodecPrivate (VPS or PPS whose id cannot),
  /// mkvInvalidCodecPrivateLength (bound passed).
  Result<bool> add(ByteView nal);

  /// At least one of each is known.
  bool complete() const { return hasVps_ && hasSps_ && hasPps_; }

  /// HEVCDecoderConfigurationRecord, the sets of each kind in the order of their ids, so that the same
  /// sets make the same bytes whatever order they came in. Errors as makeHevcDecoderConfiguration().
  Result<Bytes> configurationRecord() const;

  /// The SPS that was taken last, even if as a repetition.
  const std::optional<H265Sps>& newestSps() const { return newestSps_; }

 private:
  Result<bool> store(Bytes& slot, ByteView nal);
  Result<bool> addVps(ByteView nal);
  Result<bool> addSps(ByteView nal);
  Result<bool> addPps(ByteView nal);

  std::array<Bytes, 16> vps_;
  std::array<Bytes, 16> sps_;
  std::array<Bytes, 64> pps_;
  std::size_t totalSize_ = 0;
  bool hasVps_ = false;
  bool hasSps_ = false;
  bool hasPps_ = false;
  std::optional<H265Sps> newestSps_;
};

}  // namespace kvs::media
