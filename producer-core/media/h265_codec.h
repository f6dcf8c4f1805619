// SPDX-License-Identifier: Apache-2.0
// H.265 for the adapter.
#pragma once

#include "media/h265.h"
#include "media/h265_parameter_sets.h"
#include "media/nal_codec.h"

namespace kvs::media {

class H265Codec final : public NalCodec {
 public:
  NalSummary read(Pieces payload, std::span<const NalUnit> units, bool whole) override;
  Result<void> collect(Pieces payload, std::span<const NalUnit> units) override;
  Result<void> seed(ByteView configurationRecord) override;
  bool complete() const override { return sets_.complete(); }
  ParameterSetStore& sets() override { return sets_.store(); }
  Result<Bytes> configurationRecord() const override { return sets_.configurationRecord(); }
  PictureSize pictureSize() const override;
  std::optional<Nanoseconds> frameDuration() const override;
  Result<unsigned> lengthSize(ByteView configurationRecord) const override;
  Result<Bytes> withFourByteLengths(ByteView configurationRecord) const override;

 private:
  void take(Pieces payload, const NalUnit& unit, NalSummary& summary);
  Result<bool> add(Pieces payload, const NalUnit& unit);

  H265UnitState unit_;
  H265ParameterSets sets_;
  GroupTracker group_{sets_.store()};
  bool intra_ = false;  // the slice that was read last
  Bytes scratch_;       // one parameter set, gathered from its pieces
};

}  // namespace kvs::media
