// SPDX-License-Identifier: Apache-2.0
// What the Producer Client says of a media source: its state, and who hears of the changes.
#pragma once

#include <optional>

#include "producer.h"

namespace kvs {

enum class MediaSourceState {
  ready,    ///< registered, and not started yet
  running,  ///< its run() has not returned
  stopped,  ///< its run() has returned; it may be started again
  failed,   ///< its run() has returned an Error, or thrown; it may be started again
};

struct MediaSourceStatus {
  MediaSourceState state = MediaSourceState::ready;
  std::optional<Error> error;  ///< why it failed
};

/// Hears of the source's stream, on the Producer's executor, and of the source itself.
class MediaSourceListener : public StreamListener {
 public:
  /// When run() is called, and when it has returned; on the source's own thread, from which it cannot be
  /// started, stopped or unregistered.
  virtual void onMediaSourceStatus(const MediaSourceStatus&) {}
};

}  // namespace kvs
