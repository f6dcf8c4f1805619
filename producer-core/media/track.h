// SPDX-License-Identifier: Apache-2.0
// What a track is, and what its frames are: the codec, how their bytes are framed, and what the Matroska
// header says about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "media/codec.h"
#include "media/nal.h"

namespace kvs::media {

enum class TrackKind { video, audio, data };

/// The guide's values of NalAdaptationFlags. "AVCC" is length-prefixed framing.
enum class NalAdaptation {
  none,                         ///< frames and codec private data are sent unchanged
  annexBFrames,                 ///< frames: Annex-B to AVCC
  avccFrames,                   ///< frames: AVCC to Annex-B
  annexBCodecPrivate,           ///< codec private data: Annex-B to AVCC
  annexBCodecPrivateAndFrames,  ///< both: Annex-B to AVCC
};

/// What a track's frames are. It may change while the stream goes on.
struct TrackFormat {
  Codec codec = Codec::h264;
  std::string codecId;      ///< Matroska CodecID, up to 32 bytes; empty: the codec's own
  std::string contentType;  ///< this track's part of the stream's media type; empty: the codec's own
  std::string name;         ///< Matroska track name, up to 32 bytes
  /// Codec private data as the source provides it, up to 1 MiB; empty if it comes in band.
  Bytes codecPrivate;
  std::uint32_t width = 0;                   ///< pixels; 0: taken from the bytes, if the codec is understood
  std::uint32_t height = 0;                  ///< pixels; 0: as with width
  double samplingFrequency = 0;              ///< Hz; 0 for video
  std::uint32_t channels = 0;                ///< 0 for video
  std::uint32_t bitsPerSample = 0;           ///< 0 if the codec has none
  std::optional<Nanoseconds> frameDuration;  ///< of one frame, if the rate is constant and known
  /// How NAL units are sent. Unset: with 4-byte lengths, whatever framing they arrive in.
  std::optional<NalAdaptation> adaptation;
  /// How NAL units arrive. The length size in an avcC `codecPrivate` has precedence over the one here.
  NalFraming inputFraming;
  /// A payload may be less than an access unit (GStreamer's alignment=nal).
  bool nalAligned = false;
  /// AAC arrives with ADTS headers (ISO/IEC 14496-3, 1.A.2.2). They are removed, and if `codecPrivate` is
  /// empty, the codec data is built from them. A payload may contain several frames.
  bool adts = false;
};

/// A track as it is added to a stream.
struct TrackConfig {
  TrackKind kind = TrackKind::video;
  std::string label;  ///< the application's own word for it, in news of the track; empty: its kind's name
  std::optional<TrackFormat> format;  ///< unset: it is still to be said, at best within 5 s
};

/// What the header calls the track's codec: the track's own word, else the codec's.
inline std::string_view codecIdOf(const TrackFormat& track) {
  return track.codecId.empty() ? rowOf(track.codec).codecId : track.codecId;
}

inline std::string_view contentTypeOf(const TrackFormat& track) {
  return track.contentType.empty() ? rowOf(track.codec).contentType : track.contentType;
}

}  // namespace kvs::media
