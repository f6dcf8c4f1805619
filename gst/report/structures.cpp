// SPDX-License-Identifier: Apache-2.0
#include "report/structures.h"

#include <algorithm>

#include "report/fields.h"

namespace kvs::gst {

namespace {

const char* nameOf(FragmentLost::Reason reason) {
  switch (reason) {
    case FragmentLost::Reason::storageFull:
      return "storage-full";
    case FragmentLost::Reason::bufferDuration:
      return "buffer-duration";
    case FragmentLost::Reason::refused:
      return "refused";
    case FragmentLost::Reason::stopped:
      return "stopped";
  }
  return "unknown";
}

const char* explain(FragmentLost::Reason reason) {
  switch (reason) {
    case FragmentLost::Reason::storageFull:
      return "the service did not accept them as fast as they arrived, and storage-size is used up";
    case FragmentLost::Reason::bufferDuration:
      return "the service did not accept them as fast as they arrived, and buffer-duration is used up";
    case FragmentLost::Reason::refused:
      return "the service refused them";
    case FragmentLost::Reason::stopped:
      return "the stream was stopped before they were stored";
  }
  return "unknown";
}

const char* nameOf(FrameFate fate) {
  switch (fate) {
    case FrameFate::accepted:
      return "accepted";
    case FrameFate::beforeFirstKeyFrame:
      return "before-key-frame";
    case FrameFate::afterGap:
      return "after-gap";
    case FrameFate::noRoom:
      return "no-room";
    case FrameFate::interrupted:
      return "interrupted";
    case FrameFate::keyFrameDistance:
      return "key-frame-distance";
    case FrameFate::afterEndOfFragment:
      return "after-end-of-fragment";
    case FrameFate::late:
      return "late";
    case FrameFate::early:
      return "early";
    case FrameFate::trackAbsent:
      return "track-absent";
  }
  return "unknown";
}

const char* nameOf(ConnectionState state) {
  switch (state) {
    case ConnectionState::connecting:
      return "connecting";
    case ConnectionState::ready:
      return "ready";
    case ConnectionState::streaming:
      return "streaming";
    case ConnectionState::disconnected:
      return "disconnected";
    case ConnectionState::retrying:
      return "retrying";
    case ConnectionState::drained:
      return "drained";
    case ConnectionState::stopped:
      return "stopped";
  }
  return "unknown";
}

const char* nameOf(TimeRepair::Kind kind) {
  switch (kind) {
    case TimeRepair::Kind::missing:
      return "missing";
    case TimeRepair::Kind::nudged:
      return "nudged";
    case TimeRepair::Kind::raised:
      return "raised";
    case TimeRepair::Kind::reanchored:
      return "reanchored";
  }
  return "unknown";
}

const char* nameOf(FragmentAck::Type type) {
  switch (type) {
    case FragmentAck::Type::buffering:
      return "buffering";
    case FragmentAck::Type::received:
      return "received";
    case FragmentAck::Type::persisted:
      return "persisted";
    case FragmentAck::Type::error:
      return "error";
    case FragmentAck::Type::idle:
      return "idle";
  }
  return "unknown";
}

}  // namespace

const char* explain(FrameFate fate) {
  switch (fate) {
    case FrameFate::accepted:
      return "taken";
    case FrameFate::beforeFirstKeyFrame:
      return "there was no key frame before them";
    case FrameFate::afterGap:
      return "their group of pictures is incomplete";
    case FrameFate::noRoom:
      return "the storage is full";
    case FrameFate::interrupted:
      return "the wait for room was interrupted";
    case FrameFate::keyFrameDistance:
      return "their fragment reached the service's limits without a key frame";
    case FrameFate::afterEndOfFragment:
      return "their fragment was closed by an end-of-fragment tag";
    case FrameFate::late:
      return "they came too long after the other track's";
    case FrameFate::early:
      return "their times are too far ahead of the other track's";
    case FrameFate::trackAbsent:
      return "their track had been removed from the stream while it was silent";
  }
  return "unknown";
}

void LossSum::add(const FragmentLost& lost) {
  if (fragments == 0) {
    reason = lost.reason;
    start = lost.start;
    end = lost.start;
  }
  ++fragments;
  if (lost.unconfirmed) ++unconfirmed;
  frames += lost.frames;
  bytes += lost.bytes;
  start = std::min(start, lost.start);
  end = std::max(end, lost.start + lost.duration);
}

std::string sentenceOf(const LossSum& losses) {
  return std::to_string(losses.fragments) + " fragment(s) with " + std::to_string(losses.frames) +
         " frames were dropped: " + explain(losses.reason) + ".";
}

StructureRef structureOf(const LossSum& losses) {
  StructureRef structure(gst_structure_new_empty("kvssink-fragment-lost"));
  set(structure.get(), "reason", std::string(nameOf(losses.reason)));
  set(structure.get(), "count", losses.fragments);
  set(structure.get(), "unconfirmed", losses.unconfirmed);
  set(structure.get(), "frames", losses.frames);
  set(structure.get(), "bytes", losses.bytes);
  set(structure.get(), "start", losses.start);
  set(structure.get(), "end", losses.end);
  return structure;
}

StructureRef structureOf(const FragmentLost& lost) {
  LossSum one;
  one.add(lost);
  return structureOf(one);
}

StructureRef structureOf(const FragmentRefused& refused) {
  StructureRef structure(gst_structure_new_empty("kvssink-fragment-refused"));
  set(structure.get(), "reason", refused.error.message);
  set(structure.get(), "error-code", refused.error.exception);
  set(structure.get(), "status-code", refused.error.code);
  set(structure.get(), "frames", std::uint64_t{refused.fragment.frames});
  set(structure.get(), "bytes", refused.fragment.bytes);
  set(structure.get(), "start", refused.fragment.start);
  set(structure.get(), "end", refused.fragment.start + refused.fragment.duration);
  return structure;
}

StructureRef structureOf(const FramesDropped& dropped) {
  StructureRef structure(gst_structure_new_empty("kvssink-frames-skipped"));
  set(structure.get(), "reason", std::string(nameOf(dropped.why)));
  set(structure.get(), "explanation", std::string(explain(dropped.why)));
  set(structure.get(), "count", dropped.count);
  set(structure.get(), "start", dropped.start);
  set(structure.get(), "end", dropped.end);
  return structure;
}

StructureRef structureOf(const Pressure& pressure, const char* kind) {
  StructureRef structure(gst_structure_new_empty("kvssink-pressure"));
  set(structure.get(), "kind", std::string(kind));
  set(structure.get(), "over", pressure.over);
  set(structure.get(), "bytes", pressure.usedBytes);
  set(structure.get(), "bytes-limit", pressure.limitBytes);
  set(structure.get(), "duration", pressure.bufferedDuration);
  set(structure.get(), "duration-limit", pressure.limitDuration);
  return structure;
}

StructureRef structureOf(const CredentialsTaken& taken) {
  StructureRef structure(gst_structure_new_empty("kvssink-credentials"));
  set(structure.get(), "source", taken.source);
  set(structure.get(), "passed-over", taken.passedOver);
  set(structure.get(), "refreshed", taken.refreshed);
  if (taken.expiration) set(structure.get(), "expires", *taken.expiration);
  return structure;
}

StructureRef staleConnection(Nanoseconds age) {
  StructureRef structure(gst_structure_new_empty("kvssink-connection"));
  set(structure.get(), "state", std::string("stale"));
  set(structure.get(), "reason", std::string("what was sent is not acknowledged; a new session is opened"));
  set(structure.get(), "age", age);
  return structure;
}

StructureRef structureOf(const ConnectionChange& change) {
  StructureRef structure(gst_structure_new_empty("kvssink-connection"));
  set(structure.get(), "state", std::string(nameOf(change.state)));
  if (change.reason) {
    set(structure.get(), "reason", change.reason->message);
    set(structure.get(), "status-code", change.reason->code);
  }
  if (change.state == ConnectionState::retrying) {
    set(structure.get(), "attempt", static_cast<std::uint32_t>(change.attempt));
    set(structure.get(), "delay", Nanoseconds(change.delay));
  }
  return structure;
}

StructureRef structureOf(const FragmentAck& ack) {
  StructureRef structure(gst_structure_new_empty("kvssink-fragment-ack"));
  set(structure.get(), "type", std::string(nameOf(ack.type)));
  if (ack.timecodeMs) set(structure.get(), "timecode", *ack.timecodeMs);
  if (!ack.fragmentNumber.empty()) set(structure.get(), "fragment-number", ack.fragmentNumber);
  if (ack.type == FragmentAck::Type::error) {
    set(structure.get(), "status-code", ack.code);
    set(structure.get(), "error-code", ack.errorCode);
    set(structure.get(), "reason", ack.message);
  }
  if (ack.type == FragmentAck::Type::persisted) set(structure.get(), "delay", ack.delay);
  return structure;
}

StructureRef structureOf(const CodecChange& change) {
  StructureRef structure(gst_structure_new_empty("kvssink-codec-changed"));
  set(structure.get(), "track", change.track.number);
  set(structure.get(), "codec-id", change.codecId);
  set(structure.get(), "width", change.width);
  set(structure.get(), "height", change.height);
  return structure;
}

StructureRef structureOf(const TimeRepair& repair) {
  StructureRef structure(gst_structure_new_empty("kvssink-time-repaired"));
  set(structure.get(), "kind", std::string(nameOf(repair.kind)));
  set(structure.get(), "track", repair.track.number);
  set(structure.get(), "by", static_cast<std::int64_t>(repair.by.count()));
  return structure;
}

StructureRef structureOf(const TrackSilence& silence) {
  StructureRef structure(gst_structure_new_empty("kvssink-track-silent"));
  set(structure.get(), "track", silence.track.number);
  set(structure.get(), "silent", silence.silent);
  set(structure.get(), "filled", silence.filled);
  return structure;
}

StructureRef structureOf(const PlaybackNote& note) {
  StructureRef structure(gst_structure_new_empty("kvssink-playback"));
  const bool codec = note.reason == PlaybackNote::Reason::codec;
  set(structure.get(), "track", note.track.number);
  set(structure.get(), "codec-id", note.track.codecId);
  set(structure.get(), "reason", std::string(codec ? "codec" : "codec-change"));
  set(structure.get(), "players", namesOf(note.players));
  return structure;
}

std::string sentenceOf(const PlaybackNote& note) {
  const bool codec = note.reason == PlaybackNote::Reason::codec;
  return "with track " + std::to_string(note.track.number) + " (" + note.track.codecId + ")" +
         (codec ? "" : ", whose codec data changed,") + " the stream can only be played through " +
         namesOf(note.players) + " (docs/playback.md)";
}

void post(GstElement* element, StructureRef structure) {
  gst_element_post_message(element, gst_message_new_element(GST_OBJECT(element), structure.release()));
}

}  // namespace kvs::gst
