// SPDX-License-Identifier: Apache-2.0
#include "media/adapter.h"

#include <utility>

#include "base/limits.h"
#include "media/h264_codec.h"
#include "media/h265_codec.h"
#include "media/wave_format.h"

namespace kvs::media {
namespace {

constexpr std::size_t maxCodecPrivateSize = limits::codecPrivateLength.kept;

/// With 4-byte lengths, which is how NAL units are to leave unless an application wants otherwise.
constexpr NalFraming leavingFraming{NalFraming::Kind::lengthPrefixed, 4};

/// Null for codecs that are not made of NAL units.
std::unique_ptr<NalCodec> makeCodec(Codec codec) {
  if (codec == Codec::h264) return std::make_unique<H264Codec>();
  if (codec == Codec::h265) return std::make_unique<H265Codec>();
  return nullptr;
}

/// Frames that travel as they come are not read: only the application knows what is in them.
bool readsFrames(const TrackFormat& config) {
  return config.adaptation != NalAdaptation::none && config.adaptation != NalAdaptation::annexBCodecPrivate;
}

/// A configuration record begins with its version, 1; Annex-B begins with zeros.
bool looksLikeRecord(ByteView codecPrivate) {
  return !codecPrivate.empty() && codecPrivate.front() == std::byte{1};
}

}  // namespace

Result<FrameAdapter> FrameAdapter::create(const TrackFormat& config) {
  if (config.codecPrivate.size() > maxCodecPrivateSize) {
    return fail(StatusCode::mkvInvalidCodecPrivateLength, ErrorKind::fatal,
                "The track's codec data is larger than 1 MiB, which the service does not accept.");
  }
  FrameAdapter adapter;
  if (readsFrames(config)) adapter.codec_ = makeCodec(config.codec);
  adapter.nalAligned_ = config.nalAligned;
  if (adapter.codec_) adapter.chooseFraming(config);
  if (auto taken = adapter.takeCodecPrivate(config); !taken) return fail(taken.error());
  if (auto taken = adapter.takeAudio(config); !taken) return fail(taken.error());
  if (adapter.output_ == Output::lengthPrefixed && adapter.framing_ == leavingFraming) {
    adapter.output_ = Output::untouched;
  }
  if (config.width != 0 && config.height != 0) {
    adapter.width_ = config.width;
    adapter.height_ = config.height;
  }
  return adapter;
}

void FrameAdapter::chooseFraming(const TrackFormat& config) {
  framing_ = config.inputFraming;
  output_ = Output::lengthPrefixed;
  recordFromBand_ = true;
  if (!config.adaptation) return;
  if (*config.adaptation == NalAdaptation::avccFrames) {
    framing_.kind = NalFraming::Kind::lengthPrefixed;
    output_ = Output::annexB;
    recordFromBand_ = false;
  } else {
    framing_.kind = NalFraming::Kind::annexB;
  }
}

Result<void> FrameAdapter::takeCodecPrivate(const TrackFormat& config) {
  const ByteView given = config.codecPrivate;
  if (given.empty()) {
    if (!recordFromBand_) codecPrivate_ = Bytes();
    return {};
  }
  const bool convert = config.adaptation == NalAdaptation::annexBCodecPrivate ||
                       config.adaptation == NalAdaptation::annexBCodecPrivateAndFrames || !config.adaptation;
  const bool ofNalUnits = config.codec == Codec::h264 || config.codec == Codec::h265;
  if (ofNalUnits && convert && !looksLikeRecord(given)) return takeAnnexBCodecPrivate(config);
  if (codec_ && (recordFromBand_ || looksLikeRecord(given))) return takeRecord(given);
  codecPrivate_ = config.codecPrivate;
  return {};
}

/// Goes over what takeCodecPrivate() took where the codec has codec data of its own.
Result<void> FrameAdapter::takeAudio(const TrackFormat& config) {
  samplingFrequency_ = config.samplingFrequency;
  channels_ = config.channels;
  if (isWaveCodec(config.codec)) takeWave(config);
  // Of codecs that the core does not know, only PCM says how many bits its samples have.
  if (config.codec == Codec::other) takeSampleRate(config.bitsPerSample);
  if (config.codec != Codec::aac) return {};
  auto track = AacTrack::create(config);
  if (!track) return fail(track.error());
  aac_ = std::move(*track);
  codecPrivate_ = aac_->codecPrivate();
  if (samplingFrequency_ <= 0) samplingFrequency_ = aac_->samplingFrequency();
  if (channels_ == 0) channels_ = aac_->channels();
  return {};
}

void FrameAdapter::takeWave(const TrackFormat& config) {
  if (config.codecPrivate.empty()) codecPrivate_ = makeWaveFormatEx(config);
  const WaveFormat format = waveFormat(config, *codecPrivate_);
  samplingFrequency_ = format.frequency;
  channels_ = format.channels;
  takeSampleRate(format.bitsPerSample);
}

void FrameAdapter::takeSampleRate(std::uint32_t bitsPerSample) {
  bytesPerSecond_ = samplingFrequency_ * channels_ * bitsPerSample / 8;
}

Result<void> FrameAdapter::takeRecord(ByteView record) {
  const auto lengthSize = codec_->lengthSize(record);
  if (!lengthSize) return fail(lengthSize.error());
  framing_.lengthSize = *lengthSize;
  if (auto seeded = codec_->seed(record); !seeded) return seeded;
  if (output_ == Output::annexB) {
    setCodecPrivate(Bytes(record.begin(), record.end()));
    return {};
  }
  // A record without parameter sets (avc3) says nothing that a player could begin with.
  if (!codec_->complete()) return {};
  auto adapted = codec_->withFourByteLengths(record);
  if (!adapted) return fail(adapted.error());
  setCodecPrivate(std::move(*adapted));
  return {};
}

Result<void> FrameAdapter::takeAnnexBCodecPrivate(const TrackFormat& config) {
  const ByteView sets = config.codecPrivate;
  const Pieces payload(&sets, 1);
  if (!findNalUnits(payload, {NalFraming::Kind::annexB}, units_)) {
    return fail(StatusCode::mkvInvalidAnnexBInCodecPrivate, ErrorKind::fatal,
                "The track's codec data is neither a configuration record nor Annex-B parameter sets.");
  }
  const auto ofItsOwn = codec_ ? nullptr : makeCodec(config.codec);
  NalCodec& codec = codec_ ? *codec_ : *ofItsOwn;
  if (auto collected = codec.collect(payload, units_); !collected) return fail(collected.error());
  auto record = codec.configurationRecord();
  if (!record) return fail(record.error());
  codec.sets().takenFromRecord();
  codecPrivate_ = std::move(*record);
  bytesSize_ = codec.pictureSize();
  width_ = bytesSize_.width;
  height_ = bytesSize_.height;
  return {};
}

void FrameAdapter::setCodecPrivate(Bytes codecPrivate) {
  // The caps' size stands until the bytes tell of a change.
  const PictureSize size = codec_->pictureSize();
  const bool changed = codecPrivate_ && size != bytesSize_;
  if (size.width != 0 && (width_ == 0 || changed)) {
    width_ = size.width;
    height_ = size.height;
  }
  bytesSize_ = size;
  codecPrivate_ = std::move(codecPrivate);
}

Result<Adapted> FrameAdapter::inspect(Pieces payload) {
  Adapted adapted;
  sawKey_.reset();
  adapted.size = totalSize(payload);
  if (adapted.size == 0) {
    return fail(StatusCode::mkvInvalidFrameData, ErrorKind::fatal, "The frame has no bytes.");
  }
  if (codec_) return inspectNalUnits(payload);
  if (aac_) return inspectAac(payload);
  if (bytesPerSecond_ > 0) {
    const std::chrono::duration<double> seconds(static_cast<double>(adapted.size) / bytesPerSecond_);
    payloadDuration_ = std::chrono::duration_cast<Nanoseconds>(seconds);
  }
  return adapted;
}

Result<Adapted> FrameAdapter::inspectNalUnits(Pieces payload) {
  Adapted adapted;
  if (auto found = findNalUnits(payload, framing_, units_); !found) return fail(found.error());
  const NalSummary summary = codec_->read(payload, units_, !nalAligned_);
  sawKey_ = summary.key || summary.beginsGroup;
  if (recordFromBand_) {
    const auto changed = takeParameterSets(summary);
    if (!changed) return fail(changed.error());
    adapted.codecChanged = *changed;
  }
  if (summary.beginsGroup) {
    adapted.outOfBand = std::make_shared<const std::vector<Bytes>>(codec_->sets().notInUnit());
  }
  adapted.size = outputSize(payload);
  adapted.key = summary.key;
  adapted.mayHaveLeading = summary.mayHaveLeading;
  adapted.closed = summary.closed;
  adapted.hasIntra = summary.hasIntra;
  adapted.hasInter = summary.hasInter;
  adapted.isFrame = summary.hasSlice;
  adapted.startsUnit = !nalAligned_ || summary.startsUnit;
  return adapted;
}

Result<Adapted> FrameAdapter::inspectAac(Pieces payload) {
  const bool first = !codecPrivate_;
  const auto found = aac_->read(payload);
  if (!found) return fail(found.error());
  Adapted adapted;
  adapted.size = found->size;
  adapted.codecChanged = found->codecChanged;
  if (!found->codecChanged) return adapted;
  codecPrivate_ = aac_->codecPrivate();
  // The caps' word stands until the bytes tell of a change.
  if (!first || samplingFrequency_ <= 0) samplingFrequency_ = aac_->samplingFrequency();
  if (!first || channels_ == 0) channels_ = aac_->channels();
  return adapted;
}

std::optional<Nanoseconds> FrameAdapter::frameDuration() const {
  if (codec_) return codec_->frameDuration();
  return aac_ ? aac_->frameDuration() : payloadDuration_;
}

/// A record is made as soon as one can be; another only at a picture that decoding may start at, since what
/// such a picture uses is known with it.
Result<bool> FrameAdapter::takeParameterSets(const NalSummary& summary) {
  // A set that cannot be read costs the frame only where there is nothing else to begin with.
  if (summary.badSet && !codecPrivate_) return fail(*summary.badSet);
  if (!codec_->complete()) return false;
  if (codecPrivate_ && (summary.badSet || !summary.beginsGroup)) return false;
  if (codecPrivate_ && !codec_->sets().recordDue()) return false;
  return renewRecord();
}

Result<bool> FrameAdapter::renewRecord() {
  auto record = codec_->configurationRecord();
  if (!record) return fail(record.error());
  codec_->sets().recordMade();
  if (codecPrivate_ == *record) return false;
  setCodecPrivate(std::move(*record));
  return true;
}

std::size_t FrameAdapter::outputSize(Pieces payload) const {
  switch (output_) {
    case Output::untouched:
      break;
    case Output::lengthPrefixed:
      return lengthPrefixedSize(units_);
    case Output::annexB:
      return annexBSize(units_);
  }
  return totalSize(payload);
}

void FrameAdapter::write(Pieces payload, ByteSink& out) const {
  if (aac_) return aac_->write(payload, out);
  switch (output_) {
    case Output::untouched:
      for (ByteView piece : payload)
        out.write(piece);
      break;
    case Output::lengthPrefixed:
      writeLengthPrefixed(payload, units_, out);
      break;
    case Output::annexB:
      writeAnnexB(payload, units_, out);
      break;
  }
}

}  // namespace kvs::media
