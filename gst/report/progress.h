// SPDX-License-Identifier: Apache-2.0
// One of the element's tasks as GST_MESSAGE_PROGRESS reports it: connecting, draining.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

namespace kvs::gst {

/// A message to be posted, without any lock held.
struct ProgressStep {
  const char* code;
  GstProgressType type;
  std::string text;
};

/// Pure bookkeeping, no lock of its own. A task is only reported from PLAYING on: gst-launch and others do
/// not begin to play while something is in progress, and nothing here need be waited for.
class Progress {
 public:
  using Step = std::optional<ProgressStep>;

  explicit Progress(const char* code) : code_(code) {}

  /// The task has begun, or it goes on.
  Step go(std::string text);
  /// It has ended: GST_PROGRESS_TYPE_COMPLETE, _CANCELED, _ERROR. Nothing where none was reported.
  Step end(GstProgressType type, std::string text);
  Step setPlaying(bool playing);
  /// From READY into PAUSED: as new.
  void reset();

 private:
  Step step(GstProgressType type, std::string text) const {
    return ProgressStep{code_, type, std::move(text)};
  }

  const char* const code_;
  bool playing_ = false;
  bool reported_ = false;
  std::optional<std::string> unreported_;  // of a task that began before PLAYING
};

/// Nothing happens where there is no step.
void post(GstElement* element, const Progress::Step& step);

}  // namespace kvs::gst
