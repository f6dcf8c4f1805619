// SPDX-License-Identifier: Apache-2.0
// Between a track's frames as they come and as they travel: decides from the bytes what a payload is,
// measures what it will become, and writes that straight to where it will stay.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "media/aac_track.h"
#include "media/nal.h"
#include "media/nal_codec.h"
#include "media/track.h"

namespace kvs::media {

/// What inspect() found.
struct Adapted {
  std::size_t size = 0;  ///< bytes that write() will write
  /// The bytes begin a point where decoding can start. True for codecs whose bytes are not read: there
  /// the application's word stands alone. Of an access unit in pieces it is the pieces' "or": a
  /// recovery point may come ahead of its slice, in a payload that is no frame itself.
  bool key = true;
  /// Pictures that follow a key frame may be shown before it (open GOP: CRA, IDR_W_RADL, recovery point).
  bool mayHaveLeading = false;
  /// Of a key frame: no picture that follows it is shown before it. Of an access unit in pieces this goes
  /// before mayHaveLeading, as its slices go before what stands in front of them.
  bool closed = true;
  bool hasIntra = false;  ///< a slice that is predicted from nothing but its own picture
  bool hasInter = false;  ///< one that is predicted from others, or of which it cannot be told
  /// False: parameter sets, delimiters or SEI without a slice; to be put before the next frame.
  bool isFrame = true;
  /// The payload begins a new access unit. Always true for input that is not NAL-aligned.
  bool startsUnit = true;
  /// codecPrivate() is another than before this payload, or is known since this payload. It is of the
  /// access unit that this payload is part of or stands before.
  bool codecChanged = false;
  /// With slices of a picture at which decoding may start: what codecPrivate() holds of parameter sets and
  /// the access unit does not bring itself, as far as it was read. Null elsewhere.
  std::shared_ptr<const std::vector<Bytes>> outOfBand;
};

/// One per track, used from one thread at a time: inspect(), then, if wanted, write() with the same
/// payload. Copies no payload and allocates nothing per frame once it has warmed up.
class FrameAdapter {
 public:
  /// Errors, all of `codecPrivate`: mkvInvalidCodecPrivate, mkvInvalidAnnexBInCodecPrivate,
  /// mkvInvalidSps, mkvMissingSps, mkvMissingPps, mkvInvalidCodecPrivateLength (over 1 MiB), and
  /// mkvInvalidAac, mkvInvalidAacSamplingIndex, mkvInvalidAacChannelConfig.
  static Result<FrameAdapter> create(const TrackFormat& config);

  /// Errors refuse this payload only: mkvInvalidFrameData (empty), mkvInvalidAnnexBInFrame,
  /// mkvInvalidAvccInFrame, what an in-band parameter set that cannot be used says, as long as
  /// no codec private data is known, and what AacTrack::read() says. An ADTS payload is one frame:
  /// splitAdts() finds those of a larger one.
  Result<Adapted> inspect(Pieces payload);

  /// Whether the payload that was inspected last holds a point where decoding can start, or a picture that
  /// may be one: also where it was refused. None where its bytes could not be read.
  std::optional<bool> sawKey() const { return sawKey_; }

  /// Writes exactly the `size` bytes that the last inspect() measured, of the same payload.
  void write(Pieces payload, ByteSink& out) const;

  /// The Matroska CodecPrivate of the track. Unset: it must still come in band, and without it there is
  /// no header. Empty: this track has none, and none will come.
  const std::optional<Bytes>& codecPrivate() const { return codecPrivate_; }
  /// Pixels as displayed; 0 while unknown.
  std::uint32_t width() const { return width_; }
  std::uint32_t height() const { return height_; }
  /// Hz: the configuration's, else from the bytes (AAC: the core coder's); 0 while unknown.
  double samplingFrequency() const { return samplingFrequency_; }
  /// As samplingFrequency().
  std::uint32_t channels() const { return channels_; }
  /// Of the payload last inspected, or of each, where the bytes tell: AAC by its samples, G.711 and PCM by
  /// their size, H.264 and H.265 by the rate that their parameter sets declare.
  std::optional<Nanoseconds> frameDuration() const;

 private:
  enum class Output { untouched, lengthPrefixed, annexB };

  FrameAdapter() = default;
  Result<Adapted> inspectNalUnits(Pieces payload);
  Result<Adapted> inspectAac(Pieces payload);
  void takeWave(const TrackFormat& config);
  void takeSampleRate(std::uint32_t bitsPerSample);
  Result<void> takeAudio(const TrackFormat& config);
  void chooseFraming(const TrackFormat& config);
  Result<void> takeCodecPrivate(const TrackFormat& config);
  Result<void> takeRecord(ByteView record);
  Result<void> takeAnnexBCodecPrivate(const TrackFormat& config);
  Result<bool> takeParameterSets(const NalSummary& summary);
  Result<bool> renewRecord();
  void setCodecPrivate(Bytes codecPrivate);
  std::size_t outputSize(Pieces payload) const;

  std::unique_ptr<NalCodec> codec_;  // at most one of these two; neither: the bytes are not read
  std::optional<AacTrack> aac_;
  NalFraming framing_;
  Output output_ = Output::untouched;
  bool nalAligned_ = false;
  bool recordFromBand_ = false;  // parameter sets in band make and change codecPrivate_
  std::vector<NalUnit> units_;
  std::optional<bool> sawKey_;
  std::optional<Bytes> codecPrivate_;
  PictureSize bytesSize_;  // what the bytes said when codecPrivate_ was set
  std::uint32_t width_ = 0;
  std::uint32_t height_ = 0;
  double samplingFrequency_ = 0;
  std::uint32_t channels_ = 0;
  double bytesPerSecond_ = 0;  // of samples that all have one size
  std::optional<Nanoseconds> payloadDuration_;
};

}  // namespace kvs::media
