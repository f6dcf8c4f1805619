// SPDX-License-Identifier: Apache-2.0
#include "mkv/header.h"

#include <algorithm>
#include <chrono>

#include "mkv/ebml.h"

namespace kvs::mkv {
namespace {

constexpr std::uint64_t docTypeVersion = 4;      // RFC 9559
constexpr std::uint64_t docTypeReadVersion = 2;  // SimpleBlock came with version 2

tl::unexpected<Error> bad(StatusCode code, std::string message) {
  return fail(code, ErrorKind::fatal, std::move(message));
}

std::string ofTrack(const TrackEntry& track) {
  return " of track " + std::to_string(track.number);
}

Result<void> check(const TrackEntry& track) {
  if (track.number < 1 || track.number > maxTrackNumber || track.uid == 0) {
    return bad(StatusCode::trackInfoMissing, "A track needs a number from 1 to 126 and a uid other than 0.");
  }
  if (track.codecId.empty() || track.codecId.size() > maxCodecIdLength) {
    return bad(StatusCode::mkvInvalidCodecIdLength,
               "The codec id" + ofTrack(track) + " must have 1 to 32 bytes: \"" + track.codecId + "\".");
  }
  if (track.name.size() > maxTrackNameLength) {
    return bad(StatusCode::mkvInvalidTrackNameLength,
               "The name" + ofTrack(track) + " must have at most 32 bytes: \"" + track.name + "\".");
  }
  if (track.codecPrivate.size() > maxCodecPrivateSize) {
    return bad(StatusCode::mkvInvalidCodecPrivateLength,
               "The codec private data" + ofTrack(track) + " must have at most 1 MiB.");
  }
  return {};
}

Result<void> checkDistinct(const std::vector<TrackEntry>& tracks) {
  for (auto track = tracks.begin(); track != tracks.end(); ++track) {
    const bool repeated = std::any_of(tracks.begin(), track, [&track](const TrackEntry& other) {
      return other.number == track->number || other.uid == track->uid;
    });
    if (repeated) return bad(StatusCode::duplicateTrackId, "Two tracks have the same number or uid.");
  }
  return {};
}

Result<void> check(const HeaderSpec& spec) {
  if (spec.timecodeScale < Milliseconds(1) || spec.timecodeScale > maxTimecodeScale) {
    return bad(StatusCode::mkvInvalidTimecodeScale,
               "The timecode scale must be 1 to 1000 whole milliseconds.");
  }
  if (spec.tracks.empty()) return bad(StatusCode::trackInfoMissing, "A stream needs at least one track.");
  for (const TrackEntry& track : spec.tracks) {
    if (auto checked = check(track); !checked) return checked;
  }
  return checkDistinct(spec.tracks);
}

Bytes ebmlHeader() {
  Bytes children;
  EbmlWriter writer(children);
  writer.uint(ElementId::ebmlVersion, 1);
  writer.uint(ElementId::ebmlReadVersion, 1);
  writer.uint(ElementId::ebmlMaxIdLength, 4);
  writer.uint(ElementId::ebmlMaxSizeLength, 8);
  writer.text(ElementId::docType, "matroska");
  writer.uint(ElementId::docTypeVersion, docTypeVersion);
  writer.uint(ElementId::docTypeReadVersion, docTypeReadVersion);
  return children;
}

Bytes info(const HeaderSpec& spec) {
  Bytes children;
  EbmlWriter writer(children);
  writer.binary(ElementId::segmentUid, spec.segmentUid);
  writer.uint(ElementId::timecodeScale, static_cast<std::uint64_t>(Nanoseconds(spec.timecodeScale).count()));
  if (!spec.title.empty()) writer.text(ElementId::title, spec.title);
  writer.text(ElementId::muxingApp, spec.muxingApp);
  writer.text(ElementId::writingApp, spec.writingApp);
  return children;
}

Bytes video(const TrackEntry& track) {
  Bytes children;
  EbmlWriter writer(children);
  writer.uint(ElementId::pixelWidth, track.width);
  writer.uint(ElementId::pixelHeight, track.height);
  return children;
}

Bytes audio(const TrackEntry& track) {
  Bytes children;
  EbmlWriter writer(children);
  writer.real(ElementId::samplingFrequency, track.samplingFrequency);
  writer.uint(ElementId::channels, std::max(track.channels, 1u));
  if (track.bitDepth != 0) writer.uint(ElementId::bitDepth, track.bitDepth);
  return children;
}

std::uint64_t count(Nanoseconds time) {
  return static_cast<std::uint64_t>(std::max(time, Nanoseconds{0}).count());
}

Bytes trackEntry(const TrackEntry& track) {
  Bytes children;
  EbmlWriter writer(children);
  writer.uint(ElementId::trackNumber, track.number);
  writer.uint(ElementId::trackUid, track.uid);
  writer.uint(ElementId::trackType, static_cast<std::uint64_t>(track.kind));
  writer.uint(ElementId::flagLacing, 0);
  if (!track.name.empty()) writer.text(ElementId::trackName, track.name);
  writer.text(ElementId::codecId, track.codecId);
  if (!track.codecPrivate.empty()) writer.binary(ElementId::codecPrivate, track.codecPrivate);
  if (track.codecDelay) writer.uint(ElementId::codecDelay, count(*track.codecDelay));
  if (track.seekPreRoll) writer.uint(ElementId::seekPreRoll, count(*track.seekPreRoll));
  if (track.kind == TrackKind::video && track.width != 0 && track.height != 0) {
    writer.master(ElementId::video, video(track));
  }
  if (track.kind == TrackKind::audio && track.samplingFrequency > 0) {
    writer.master(ElementId::audio, audio(track));
  }
  return children;
}

Bytes trackList(const std::vector<TrackEntry>& entries) {
  Bytes children;
  EbmlWriter writer(children);
  for (const TrackEntry& entry : entries)
    writer.master(ElementId::trackEntry, trackEntry(entry));
  return children;
}

}  // namespace

Result<void> checkTrack(const TrackEntry& track) {
  return check(track);
}

Result<Bytes> header(const HeaderSpec& spec) {
  if (auto checked = check(spec); !checked) return fail(checked.error());
  Bytes out;
  EbmlWriter writer(out);
  writer.master(ElementId::ebml, ebmlHeader());
  writer.openMaster(ElementId::segment);
  writer.master(ElementId::info, info(spec));
  writer.master(ElementId::tracks, trackList(spec.tracks));
  return out;
}

}  // namespace kvs::mkv
