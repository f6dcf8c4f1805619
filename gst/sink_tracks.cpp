// SPDX-License-Identifier: Apache-2.0
// The stream's tracks as the pads make them: what the core is told, and what the bus hears of players.
#include "logging/log_sink.h"
#include "pads/sink_pad.h"
#include "report/structures.h"
#include "sink.h"

namespace kvs::gst {

bool Sink::isAlone(GstPad* pad) const {
  const std::lock_guard lock(mutex_);
  return tracks_.isAlone(pad);
}

std::optional<std::uint32_t> Sink::numberOf(GstPad* pad) const {
  const std::lock_guard lock(mutex_);
  return tracks_.numberOf(pad);
}

std::uint32_t Sink::settleTrack(GstPad* pad) {
  const std::lock_guard lock(mutex_);
  return tracks_.settle(pad);
}

void Sink::tellTracks(const Tracks::Change& change) {
  const auto stream = this->stream();
  if (!stream) return;
  for (const std::uint32_t number : change.gone)
    stream->removeTrack(number);
  for (const std::uint32_t number : change.expected)
    stream->expectTrack(number);
}

void Sink::trackKnown(PlayedTrack track) {
  std::vector<PlaybackNote> notes;
  {
    const std::lock_guard lock(mutex_);
    playback_.set(std::move(track));
    // What a track rules out depends on the others.
    if (tracks_.unsettled().empty()) notes = playback_.takeNotes();
  }
  tellPlayback(notes);
}

void Sink::codecChanged(const Reporter& reporter, std::uint32_t track) {
  std::vector<PlaybackNote> notes;
  {
    const std::lock_guard lock(mutex_);
    if (session_.reporter.get() != &reporter) return;
    notes = playback_.codecChanged(track);
  }
  tellPlayback(notes);
}

void Sink::keyFrameWanted(const Reporter& reporter, std::uint32_t track) {
  if (!isCurrent(reporter)) return;
  for (const PadRef& pad : pads()) {
    if (numberOf(pad.get()) == track) SinkPad::of(pad.get()).askForKeyFrame();
  }
}

void Sink::tellPlayback(const std::vector<PlaybackNote>& notes) {
  for (const PlaybackNote& note : notes) {
    GST_CAT_WARNING_OBJECT(elementCategory(), element_, "%s", sentenceOf(note).c_str());
    post(element_, structureOf(note));
  }
}

}  // namespace kvs::gst
