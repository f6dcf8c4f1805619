// SPDX-License-Identifier: Apache-2.0
#include "report/playback_report.h"

#include <utility>

#include "logging/log_sink.h"
#include "report/structures.h"

namespace kvs::gst {

void PlaybackReport::trackKnown(PlayedTrack track) {
  const Lock lock(mutex_);
  playback_.set(std::move(track));
}

void PlaybackReport::allKnown() {
  std::vector<PlaybackNote> notes;
  {
    const Lock lock(mutex_);
    notes = playback_.takeNotes();
  }
  post(notes);
}

void PlaybackReport::trackGone(std::uint32_t number) {
  const Lock lock(mutex_);
  playback_.remove(number);
}

void PlaybackReport::codecChanged(std::uint32_t number) {
  std::vector<PlaybackNote> notes;
  {
    const Lock lock(mutex_);
    notes = playback_.codecChanged(number);
  }
  post(notes);
}

void PlaybackReport::reset() {
  const Lock lock(mutex_);
  playback_.reset();
}

void PlaybackReport::post(const std::vector<PlaybackNote>& notes) const {
  for (const PlaybackNote& note : notes) {
    GST_CAT_WARNING_OBJECT(elementCategory(), element_, "%s", sentenceOf(note).c_str());
    gst::post(element_, structureOf(note));
  }
}

}  // namespace kvs::gst
