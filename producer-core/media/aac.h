// SPDX-License-Identifier: Apache-2.0
// AAC as ISO/IEC 14496-3 describes itself: the AudioSpecificConfig and ADTS headers. Nothing here decodes
// a sound. Clauses without a name are those of 14496-3.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"

namespace kvs::media {

/// audioObjectType of AAC-LC, the one that every player takes.
inline constexpr unsigned aacLowComplexity = 2;

/// AudioSpecificConfig (1.6.2.1), as far as streaming needs it.
struct AudioSpecificConfig {
  unsigned objectType = 0;               ///< of the core coder: 1 Main, 2 LC, 3 SSR, 4 LTP, ..., 42 USAC
  std::uint32_t samplingFrequency = 0;   ///< Hz, of the core coder
  unsigned channelConfiguration = 0;     ///< 0: a program_config_element says
  unsigned channels = 0;                 ///< of the core coder; 0 where nothing that is read here says
  unsigned samplesPerFrame = 0;          ///< of the core coder; 0 where nothing that is read here says
  bool sbr = false;                      ///< HE-AAC, signalled explicitly
  bool parametricStereo = false;         ///< HE-AAC v2, signalled explicitly
  std::uint32_t extensionFrequency = 0;  ///< Hz, of the SBR output; 0 without explicit signalling
};

/// Reads it to the end of what it knows; trailing bytes are not judged. Errors: mkvInvalidAac (cut short,
/// object type 0), mkvInvalidAacSamplingIndex, mkvInvalidAacChannelConfig (reserved values).
Result<AudioSpecificConfig> parseAudioSpecificConfig(ByteView bytes);

/// How long a frame sounds; unset where the configuration does not say.
std::optional<Nanoseconds> frameDuration(const AudioSpecificConfig& config);

/// Whether caps that tell this rate (Hz) and channel count are about the same sound. They may tell what a
/// decoder makes of HE-AAC: twice the core's rate, and two channels of one. 0 is no statement.
bool agrees(const AudioSpecificConfig& config, double samplingFrequency, unsigned channels);

/// Hz of a samplingFrequencyIndex (table 1.18); 0 for those that are reserved or escape.
std::uint32_t aacSamplingFrequency(unsigned index);

/// Channels of a channelConfiguration (table 1.19); 0 for 0 and those that are reserved.
unsigned aacChannels(unsigned channelConfiguration);

struct ByteRange {
  std::size_t offset = 0;
  std::size_t size = 0;

  bool operator==(const ByteRange&) const = default;
};

/// The header of one adts_frame (1.A.2.2).
struct AdtsHeader {
  bool mpeg2 = false;
  bool hasCrc = false;
  unsigned objectType = 0;  ///< profile + 1: 1 Main, 2 LC, 3 SSR, 4 LTP (MPEG-4 only)
  unsigned samplingFrequencyIndex = 0;
  unsigned channelConfiguration = 0;
  std::size_t frameSize = 0;  ///< bytes, this header included
  unsigned blocks = 1;        ///< raw data blocks, 1 to 4

  std::uint32_t samplingFrequency() const { return aacSamplingFrequency(samplingFrequencyIndex); }
  /// The fixed header says the same of the sound.
  bool sameFormat(const AdtsHeader& other) const {
    return objectType == other.objectType && samplingFrequencyIndex == other.samplingFrequencyIndex &&
           channelConfiguration == other.channelConfiguration;
  }
};

/// Reads the header at `offset`. Error: mkvInvalidFrameData (none there, cut short, fields out of range,
/// a frame without a sound in it; LOAS/LATM and ADIF are told by name).
Result<AdtsHeader> parseAdtsHeader(Pieces payload, std::size_t offset = 0);

/// The frames of a payload, headers included, one behind the other from its first byte to its last; `out`
/// is cleared and its memory reused. Error: mkvInvalidFrameData (as above, or a frame passes the end).
Result<void> splitAdts(Pieces payload, std::vector<ByteRange>& out);

/// Where the sound lies in a frame that begins at the payload's first byte: without header and check sums.
struct AdtsBody {
  std::array<ByteRange, 4> ranges;
  unsigned count = 0;

  std::size_t size() const;
};

/// Error: mkvInvalidFrameData (block positions of a frame with check sums that make no sense).
Result<AdtsBody> adtsBody(Pieces payload, const AdtsHeader& header);

/// The AudioSpecificConfig of a frame that begins at the payload's first byte. Where the header leaves the
/// channels to a program_config_element, that is copied from the frame's sound.
/// Error: mkvInvalidAacChannelConfig (it is not there).
Result<Bytes> audioSpecificConfigOf(Pieces payload, const AdtsHeader& header);

/// Payloads of a track without ADTS headers: whether these bytes are framed all the same, and how ("ADTS",
/// "LOAS/LATM", "ADIF"); empty where they are not.
std::string_view aacFraming(Pieces payload);

}  // namespace kvs::media
