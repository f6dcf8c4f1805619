// SPDX-License-Identifier: Apache-2.0
// AAC for the adapter: what a track's codec data is, and what of each payload travels.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "media/aac.h"
#include "media/track.h"

namespace kvs::media {

/// One per track, used from one thread at a time. Allocates nothing per frame while nothing changes.
class AacTrack {
 public:
  /// Errors: what parseAudioSpecificConfig() says, and mkvInvalidAac where codec data is missing or says
  /// another rate or channel count than the configuration.
  static Result<AacTrack> create(const TrackFormat& config);

  struct Found {
    std::size_t size = 0;       ///< bytes that write() will write
    bool codecChanged = false;  ///< codecPrivate() is another than before, or is known since now
  };

  /// One frame. Errors refuse this payload only: mkvInvalidFrameData (not one frame in the framing that the
  /// track has), mkvInvalidAac (a first header that contradicts what the track was said to carry).
  Result<Found> read(Pieces payload);

  /// Of the payload that the last read() was given.
  void write(Pieces payload, ByteSink& out) const;

  /// AudioSpecificConfig; unset until an ADTS header told.
  const std::optional<Bytes>& codecPrivate() const { return codecPrivate_; }
  /// Hz of the core coder, as Matroska's SamplingFrequency; 0 while unknown.
  std::uint32_t samplingFrequency() const { return format_.samplingFrequency; }
  /// Those that are heard; 0 while unknown.
  std::uint32_t channels() const;
  /// Of the last payload, or of each where none came yet.
  std::optional<Nanoseconds> frameDuration() const;

 private:
  Result<bool> takeHeader(Pieces payload, const AdtsHeader& header);
  Result<bool> takeFirstHeader(Pieces payload, const AdtsHeader& header);
  Result<void> take(Bytes codecPrivate);

  bool adts_ = false;
  double saidFrequency_ = 0;
  unsigned saidChannels_ = 0;
  std::optional<Bytes> codecPrivate_;
  AudioSpecificConfig format_;
  std::optional<AdtsHeader> header_;  // the newest that was taken
  AdtsBody body_;
  unsigned blocks_ = 1;
};

}  // namespace kvs::media
