// SPDX-License-Identifier: Apache-2.0
#include "matroska/matroska_model.h"

#include <algorithm>

#include "matroska/ebml.h"

namespace kvslocal {
namespace {

using ebml::Children;
using ebml::Element;

constexpr int maxTagDepth = 8;
constexpr std::size_t maxTracksRead = 64;  // many more than a session may have

void readVideo(ByteView payload, Track& track) {
  Children children(payload);
  while (const auto child = children.next()) {
    if (child->id == ebml::idPixelWidth) track.width = ebml::readUint(child->payload);
    if (child->id == ebml::idPixelHeight) track.height = ebml::readUint(child->payload);
  }
}

void readAudio(ByteView payload, Track& track) {
  Children children(payload);
  while (const auto child = children.next()) {
    if (child->id == ebml::idSamplingFrequency) {
      track.samplingFrequency = ebml::readFloat(child->payload).value_or(0);
    }
    if (child->id == ebml::idChannels) track.channels = ebml::readUint(child->payload);
  }
}

TrackType trackTypeOf(std::uint64_t value) {
  if (value == 1) return TrackType::video;
  return value == 2 ? TrackType::audio : TrackType::other;
}

void readTrackField(const Element& field, Track& track) {
  switch (field.id) {
    case ebml::idTrackNumber:
      track.number = ebml::readUint(field.payload);
      break;
    case ebml::idTrackUid:
      track.uid = ebml::readUint(field.payload);
      break;
    case ebml::idTrackType:
      track.type = trackTypeOf(ebml::readUint(field.payload));
      break;
    case ebml::idCodecId:
      track.codecId = ebml::readString(field.payload);
      break;
    case ebml::idTrackName:
      track.name = ebml::readString(field.payload);
      break;
    case ebml::idCodecPrivate:
      track.codecPrivate.assign(field.payload.begin(), field.payload.end());
      break;
    case ebml::idVideo:
      readVideo(field.payload, track);
      break;
    case ebml::idAudio:
      readAudio(field.payload, track);
      break;
    default:
      break;
  }
}

Result<Track> parseTrackEntry(ByteView payload) {
  Track track;
  Children fields(payload);
  while (const auto field = fields.next())
    readTrackField(*field, track);
  if (fields.broken()) return failure("a TrackEntry is malformed");
  if (track.number == 0) return failure("a TrackEntry has no TrackNumber");
  if (track.codecId.empty()) return failure("a TrackEntry has no CodecID");
  return track;
}

bool parseSimpleTag(ByteView payload, int depth, std::vector<SimpleTag>& out) {
  if (depth > maxTagDepth) return false;
  const std::size_t own = out.size();
  out.emplace_back();
  Children fields(payload);
  while (const auto field = fields.next()) {
    if (field->id == ebml::idTagName) out[own].name = ebml::readString(field->payload);
    if (field->id == ebml::idTagString) out[own].value = ebml::readString(field->payload);
    if (field->id == ebml::idTagBinary) out[own].value.assign(field->payload.begin(), field->payload.end());
    if (field->id == ebml::idSimpleTag && !parseSimpleTag(field->payload, depth + 1, out)) return false;
  }
  return !fields.broken();
}

void appendWithoutSessionParts(ByteView payload, std::string& out) {
  Children fields(payload);
  while (const auto field = fields.next()) {
    const bool sessionPart =
        field->id == ebml::idTrackUid || field->id == ebml::idCrc32 || field->id == ebml::idVoid;
    if (field->id == ebml::idTrackEntry) {
      out += "track:";
      appendWithoutSessionParts(field->payload, out);
    } else if (!sessionPart) {
      out.append(field->whole.begin(), field->whole.end());
    }
  }
}

}  // namespace

Result<std::vector<Track>> parseTracks(ByteView payload) {
  std::vector<Track> tracks;
  Children entries(payload);
  while (const auto entry = entries.next()) {
    if (entry->id != ebml::idTrackEntry) continue;
    if (tracks.size() == maxTracksRead) break;
    auto track = parseTrackEntry(entry->payload);
    if (!track) return failure(track.error());
    const bool twice = std::any_of(tracks.begin(), tracks.end(),
                                   [&](const Track& other) { return other.number == track->number; });
    if (twice) return failure("two tracks have the number " + std::to_string(track->number));
    tracks.push_back(std::move(*track));
  }
  if (entries.broken()) return failure("the Tracks element is malformed");
  if (tracks.empty()) return failure("the Tracks element names no track");
  return tracks;
}

Result<std::uint64_t> parseTimecodeScale(ByteView payload) {
  std::uint64_t scale = 1'000'000;
  Children fields(payload);
  while (const auto field = fields.next()) {
    if (field->id == ebml::idTimecodeScale) scale = ebml::readUint(field->payload);
  }
  if (fields.broken()) return failure("the Info element is malformed");
  constexpr std::uint64_t oneSecond = 1'000'000'000;
  if (scale == 0 || scale > oneSecond) return failure("TimecodeScale is not in 1 ns to 1 s");
  return scale;
}

Result<std::vector<SimpleTag>> parseTags(ByteView payload) {
  std::vector<SimpleTag> tags;
  Children tagElements(payload);
  while (const auto tag = tagElements.next()) {
    if (tag->id != ebml::idTag) continue;
    Children fields(tag->payload);
    while (const auto field = fields.next()) {
      if (field->id == ebml::idSimpleTag && !parseSimpleTag(field->payload, 0, tags)) {
        return failure("a SimpleTag is malformed");
      }
    }
    if (fields.broken()) return failure("a Tag is malformed");
  }
  if (tagElements.broken()) return failure("the Tags element is malformed");
  return tags;
}

Result<void> checkEbmlHeader(ByteView payload) {
  std::string docType;
  Children fields(payload);
  while (const auto field = fields.next()) {
    const std::uint64_t number = ebml::readUint(field->payload);
    if (field->id == ebml::idDocType) docType = ebml::readString(field->payload);
    if (field->id == ebml::idEbmlMaxIdLength && number > 4) return failure("EBMLMaxIDLength is over 4");
    if (field->id == ebml::idEbmlMaxSizeLength && number > 8) return failure("EBMLMaxSizeLength is over 8");
    if (field->id == ebml::idDocTypeReadVersion && number > 4) return failure("DocTypeReadVersion is over 4");
  }
  if (fields.broken()) return failure("the EBML header is malformed");
  if (docType != "matroska") return failure("the DocType is '" + docType + "', not matroska");
  return {};
}

std::string headerKey(const StreamHeader& header) {
  std::string key = "scale:" + std::to_string(header.timecodeScale) + ';';
  Children whole(header.tracksElement);
  if (const auto tracks = whole.next()) appendWithoutSessionParts(tracks->payload, key);
  return key;
}

}  // namespace kvslocal
