// SPDX-License-Identifier: Apache-2.0
// Hears the news of one stream: gives them to the Reporter, and to the element what it has to act on.
#pragma once

#include <atomic>

#include "base/news.h"
#include "glib/handles.h"
#include "report/reporter.h"

namespace kvs::gst {

/// What the element does about its stream. Called on the executor.
class StreamOwner {
 public:
  virtual void streamFailed(const Error& error) = 0;
  virtual void streamDrained() = 0;
  virtual void keyFrameWanted(const TrackId& track) = 0;

 protected:
  ~StreamOwner() = default;
};

/// Owned by the stream; called on the executor. One a stream, so that late news of a stream that has ended
/// are not taken for the next one's. What belongs to the element is only used while the element lives.
class Listener final : public StreamListener {
 public:
  Listener(Reporter& reporter, GstElement* element, StreamOwner& owner)
      : living_(element), element_(element), reporter_(reporter), owner_(owner) {}

  /// The stream has ended: from now on its news are only reported. Any thread.
  void retire() { isCurrent_ = false; }

  void onConnection(const ConnectionChange& change) override;
  void onFragmentAck(const FragmentAck& ack) override;
  void onFragmentLost(const FragmentLost& lost) override;
  void onFramesDropped(const FramesDropped& dropped) override;
  void onFragmentRefused(const FragmentRefused& refused) override;
  void onStoragePressure(const Pressure& pressure) override;
  void onLatencyPressure(const Pressure& pressure) override;
  void onConnectionStale(Nanoseconds age) override;
  void onCredentials(const CredentialsTaken& taken) override;
  void onCodecChanged(const CodecChange& change) override;
  void onTimeRepaired(const TimeRepair& repair) override;
  void onTrackSilence(const TrackSilence& silence) override;
  void onKeyFrameWanted(const TrackId& track) override;
  void onWarning(const Error& error) override;
  void onError(const Error& error) override;
  void onDrained() override;
  void onStreamClosed() override;

 private:
  /// Does it, but not when the element is gone.
  template <class Work>
  void whileItLives(Work&& work) const {
    if (const ElementRef held = living_.lock()) work();
  }

  const WeakElement living_;
  GstElement* const element_;
  Reporter& reporter_;
  StreamOwner& owner_;
  std::atomic<bool> isCurrent_{true};
};

}  // namespace kvs::gst
