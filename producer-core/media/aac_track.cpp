// SPDX-License-Identifier: Apache-2.0
#include "media/aac_track.h"

#include <string>
#include <utility>

#include "media/piece_cursor.h"

namespace kvs::media {
namespace {

std::string describe(unsigned objectType, std::uint32_t frequency, unsigned channels) {
  return "object type " + std::to_string(objectType) + ", " + std::to_string(frequency) + " Hz, " +
         std::to_string(channels) + " channels";
}

std::string describe(const AudioSpecificConfig& format) {
  return describe(format.objectType, format.samplingFrequency, format.channels);
}

std::string describe(const AdtsHeader& header) {
  return describe(header.objectType, header.samplingFrequency(), aacChannels(header.channelConfiguration));
}

/// Whole Hz of whatever an application said, be it infinite.
std::string wholeHertz(double frequency) {
  const std::string text = std::to_string(frequency);
  return text.substr(0, text.find('.'));
}

tl::unexpected<Error> bad(std::string message) {
  return fail(StatusCode::mkvInvalidAac, ErrorKind::fatal, std::move(message));
}

bool contradicts(const AdtsHeader& header, const AudioSpecificConfig& format) {
  const bool bothSayChannels = header.channelConfiguration != 0 && format.channelConfiguration != 0;
  return header.objectType != format.objectType || header.samplingFrequency() != format.samplingFrequency ||
         (bothSayChannels && header.channelConfiguration != format.channelConfiguration);
}

}  // namespace

Result<AacTrack> AacTrack::create(const TrackFormat& config) {
  AacTrack track;
  track.adts_ = config.adts;
  track.saidFrequency_ = config.samplingFrequency;
  track.saidChannels_ = config.channels;
  if (!config.codecPrivate.empty()) {
    if (auto taken = track.take(config.codecPrivate); !taken) return fail(taken.error());
  } else if (!config.adts) {
    return bad(
        "AAC without ADTS headers needs its codec data (AudioSpecificConfig); the source provided none.");
  }
  return track;
}

Result<void> AacTrack::take(Bytes codecPrivate) {
  const auto format = parseAudioSpecificConfig(codecPrivate);
  if (!format) return fail(format.error());
  if (!agrees(*format, saidFrequency_, saidChannels_)) {
    return bad("The AAC codec data says " + describe(*format) + ", but the track was announced with " +
               wholeHertz(saidFrequency_) + " Hz, " + std::to_string(saidChannels_) + " channels.");
  }
  format_ = *format;
  codecPrivate_ = std::move(codecPrivate);
  return {};
}

Result<AacTrack::Found> AacTrack::read(Pieces payload) {
  const std::size_t size = totalSize(payload);
  if (!adts_) {
    const std::string_view framing = aacFraming(payload);
    if (framing.empty()) return Found{size, false};
    return fail(
        StatusCode::mkvInvalidFrameData, ErrorKind::fatal,
        "The AAC frame has " + std::string(framing) + " framing, but its track was announced as raw.");
  }
  const auto header = parseAdtsHeader(payload);
  if (!header) return fail(header.error());
  if (header->frameSize != size) {
    return fail(StatusCode::mkvInvalidFrameData, ErrorKind::fatal,
                "The ADTS header announces " + std::to_string(header->frameSize) +
                    " bytes, but the frame has " + std::to_string(size) + ".");
  }
  const auto body = adtsBody(payload, *header);
  if (!body) return fail(body.error());
  const auto changed = takeHeader(payload, *header);
  if (!changed) return fail(changed.error());
  body_ = *body;
  blocks_ = header->blocks;
  return Found{body_.size(), *changed};
}

Result<bool> AacTrack::takeHeader(Pieces payload, const AdtsHeader& header) {
  if (!header_) return takeFirstHeader(payload, header);
  if (header.sameFormat(*header_)) return false;
  auto made = audioSpecificConfigOf(payload, header);
  if (!made) return fail(made.error());
  saidFrequency_ = 0;  // what was announced is over
  saidChannels_ = 0;
  if (auto taken = take(std::move(*made)); !taken) return fail(taken.error());
  header_ = header;
  return true;
}

Result<bool> AacTrack::takeFirstHeader(Pieces payload, const AdtsHeader& header) {
  if (codecPrivate_) {
    if (contradicts(header, format_)) {
      return bad("The ADTS header says " + describe(header) + ", but the track's codec data says " +
                 describe(format_) + ".");
    }
    header_ = header;
    return false;
  }
  auto made = audioSpecificConfigOf(payload, header);
  if (!made) return fail(made.error());
  if (auto taken = take(std::move(*made)); !taken) return fail(taken.error());
  header_ = header;
  return true;
}

void AacTrack::write(Pieces payload, ByteSink& out) const {
  if (!adts_) {
    for (ByteView piece : payload)
      out.write(piece);
    return;
  }
  for (unsigned i = 0; i < body_.count; ++i)
    copyRange(payload, body_.ranges[i].offset, body_.ranges[i].size, out);
}

std::uint32_t AacTrack::channels() const {
  return format_.parametricStereo && format_.channels == 1 ? 2 : format_.channels;
}

std::optional<Nanoseconds> AacTrack::frameDuration() const {
  if (!codecPrivate_) return std::nullopt;
  const auto one = media::frameDuration(format_);
  if (!one) return std::nullopt;
  return *one * blocks_;
}

}  // namespace kvs::media
