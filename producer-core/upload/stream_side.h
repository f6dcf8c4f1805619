// SPDX-License-Identifier: Apache-2.0
// What uploading asks of the stream that it belongs to: the few words that go back to where frames come in.
// On the loop's thread, no lock held.
#pragma once

#include <string>

#include "base/error.h"
#include "base/time.h"
#include "store/epoch.h"

namespace kvs::upload {

class StreamSide {
 public:
  virtual ~StreamSide() = default;

  struct Formats {
    std::string contentType;  ///< empty: no track has a format yet
    bool areComplete = false;
  };
  virtual Formats formats() const = 0;

  /// How long the source has given nothing, and how long it may without being idle.
  struct Pause {
    Nanoseconds lasts{0};
    Nanoseconds longest{0};
    bool isHeldBack = false;  ///< frames wait for room
  };
  virtual Pause pause() const = 0;

  /// Ends the open fragment with the end-of-fragment tag.
  virtual void closeFragment() = 0;

  /// The wall clock has been put right by `moved` in all: so are the times of fragments, and of those to
  /// come.
  virtual void correctTimes(Nanoseconds moved, store::Epoch::Correct which) = 0;

  /// Everything is durable that came before the end of the stream.
  virtual void onDrained() = 0;
  /// No frame is taken any more, and what is left is lost.
  virtual void onFailed(const Error& error) = 0;
  virtual void onStopped() = 0;
};

}  // namespace kvs::upload
