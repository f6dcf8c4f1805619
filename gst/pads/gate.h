// SPDX-License-Identifier: Apache-2.0
// The one place where a streaming thread may wait: in PAUSED after its first buffer, and offline after
// another pad's flush interrupted a wait for room. Flush, release, PAUSED->READY, EOS and a fatal error
// always wake it.
#pragma once

#include <optional>

#include "base/mutex.h"

namespace kvs::gst {

/// All functions may be called from any thread; only enter() and again() wait.
class Gate {
 public:
  /// One pad's standing at the gate. Guarded by the gate's lock: nobody else looks inside.
  class Place {
    friend class Gate;
    bool flushing_ = false;
    bool removed_ = false;
    bool ended_ = false;
    bool tookInPause_ = false;
    unsigned pause_ = 0;  // the one that tookInPause_ speaks of
  };

  enum class Verdict { go, flushing, ended, failed };

  /// Whether this pad's next buffer may be taken; waits in PAUSED if one was taken there already and the
  /// source is not live (a live source makes no more of them than were under way).
  Verdict enter(Place& place, bool live);
  /// The same, for a buffer that is already in but was interrupted while it waited for room.
  Verdict again(Place& place);

  // The element's state.
  void pause();  ///< each pad may take one buffer from now on
  void play();
  void close();  ///< READY: nothing passes
  void open();   ///< from READY into PAUSED; forgets a failure

  // One pad's.
  void reset(Place& place);                       ///< as one that was just activated; not a removed one
  bool setFlushing(Place& place, bool flushing);  ///< false if it was so before
  void setEnded(Place& place, bool ended);
  void remove(Place& place);

  /// The time between open() and the next one, which a failure belongs to.
  using Opening = unsigned;
  /// Something for the first caller since open(): it has to tell the user, then call failed().
  std::optional<Opening> claimFailure();
  /// Nothing passes any more, and whoever waits for room is interrupted for good: true when that changed, as
  /// of interrupt(). The user may have started the element anew when told: then it is no failure of what
  /// runs.
  bool failed(Opening opening);
  /// Waits until the failure that was claimed has been reported, or the element is closed.
  void awaitFailed();
  bool hasFailed();

  // How many are interrupting waits for room at the moment; true when that changed between none and some.
  bool interrupt();
  bool endInterrupt();

 private:
  enum class Mode { closed, paused, playing };
  enum class Failure { none, claimed, told };

  Verdict verdict(const Place& place) const KVS_REQUIRES(mutex_);
  bool mayTake(const Place& place, bool live) const KVS_REQUIRES(mutex_);

  Mutex mutex_{"gate"};
  Condition changed_;
  Mode mode_ KVS_GUARDED_BY(mutex_) = Mode::closed;
  Failure failure_ KVS_GUARDED_BY(mutex_) = Failure::none;
  unsigned pauses_ KVS_GUARDED_BY(mutex_) =
      0;  // counts entries into PAUSED, so that places need not be visited
  unsigned interrupts_ KVS_GUARDED_BY(mutex_) = 0;
  Opening opening_ KVS_GUARDED_BY(mutex_) = 0;
};

}  // namespace kvs::gst
