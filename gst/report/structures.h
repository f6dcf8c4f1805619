// SPDX-License-Identifier: Apache-2.0
// What the element says to applications, as GstStructures that every language binding can read: element
// messages, signal payloads, and the property `stats`. Times are in ns, wall times since 1970.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/news.h"
#include "glib/handles.h"
#include "report/playback.h"

namespace kvs::gst {

/// Losses that one message stands for: all of one reason, in the order they happened.
struct LossSum {
  FragmentLost::Reason reason = FragmentLost::Reason::storageFull;
  std::uint32_t fragments = 0;
  std::uint32_t unconfirmed = 0;  ///< of these: sent, and perhaps stored
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  WallTime start;  ///< of the first one in time
  WallTime end;    ///< of the last one

  void add(const FragmentLost& lost);
};

std::string sentenceOf(const LossSum& losses);

/// Why frames were not taken, as half a sentence.
const char* explain(FrameFate fate);

/// `kvssink-fragment-lost`: reason (string), count, unconfirmed (uint), frames, bytes, start, end (uint64).
StructureRef structureOf(const LossSum& losses);

/// `kvssink-fragment-lost` of this one alone.
StructureRef structureOf(const FragmentLost& lost);

/// `kvssink-fragment-refused`: reason, error-code (string), status-code (uint), frames, bytes, start, end
/// (uint64).
StructureRef structureOf(const FragmentRefused& refused);

/// `kvssink-frames-skipped`: reason, explanation (string), count, start, end (uint64).
StructureRef structureOf(const FramesDropped& dropped);

/// `kvssink-pressure`: kind (string: latency, storage), over (boolean), bytes, bytes-limit, duration,
/// duration-limit (uint64).
StructureRef structureOf(const Pressure& pressure, const char* kind);

/// `kvssink-credentials`: source, passed-over (string), refreshed (boolean), expires (uint64) where known.
StructureRef structureOf(const CredentialsTaken& taken);

/// `kvssink-connection`: state (string); where they belong reason (string), status-code, attempt (uint),
/// delay (uint64).
StructureRef structureOf(const ConnectionChange& change);

/// `kvssink-connection` with state stale: age (uint64), since when nothing was acknowledged.
StructureRef staleConnection(Nanoseconds age);

/// `kvssink-fragment-ack`: type (string), timecode (int64, ms), fragment-number (string), and where they
/// belong status-code (uint), error-code, reason (string), delay (uint64).
StructureRef structureOf(const FragmentAck& ack);

/// `kvssink-codec-changed`: track, width, height (uint), codec-id (string).
StructureRef structureOf(const CodecChange& change);

/// `kvssink-time-repaired`: kind (missing, nudged, raised, reanchored), track (uint), by (int64).
StructureRef structureOf(const TimeRepair& repair);

/// `kvssink-track-silent`: track (uint), silent, filled (boolean).
StructureRef structureOf(const TrackSilence& silence);

/// `kvssink-playback`: track (uint), codec-id, reason (codec, codec-change), players (string).
StructureRef structureOf(const PlaybackNote& note);
std::string sentenceOf(const PlaybackNote& note);

/// As an element message. To be called without any lock held.
void post(GstElement* element, StructureRef structure);

}  // namespace kvs::gst
