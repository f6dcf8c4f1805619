// SPDX-License-Identifier: Apache-2.0
// The element's life on the C++ side: its states, its settings, its one stream. What flows through it is in
// pads/, what its application hears in report/; the GObject (kvssink.cpp) only forwards.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "glib/handles.h"
#include "pads/element_events.h"
#include "pads/element_queries.h"
#include "pads/end_of_stream.h"
#include "pads/flow.h"
#include "pads/frame_tally.h"
#include "pads/metadata.h"
#include "pads/pads.h"
#include "pads/tracks.h"
#include "producer.h"
#include "report/listener.h"
#include "report/reporter.h"
#include "settings/element_settings.h"
#include "threads/element_executor.h"

namespace kvs::gst {

/// Owned by the GObject from init to finalize.
///
///   NULL -> READY      the executor opens
///   READY -> PAUSED    settings are checked, Producer and Stream made; they connect in the background
///   PAUSED <-> PLAYING the gate; at the end of the stream the EOS message
///   PAUSED -> READY    pads wake and close, the stream drains for at most stop-stream-timeout
///   READY -> NULL      the executor closes; what was not yet reported is dropped
///
/// State changes run on the application's threads and, but for the drain, never wait. No lock is held
/// while anything is posted, pushed or emitted.
class Sink final : private StreamOwner {
 public:
  explicit Sink(GstElement* element);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // The GObject's and GstElement's virtual functions. Any thread.
  void setProperty(guint id, const GValue& value);
  void getProperty(guint id, GValue& value) const;
  GstStateChangeReturn changeState(GstStateChange transition);
  GstPad* requestPad(GstPadTemplate* padTemplate, const gchar* name) {
    return pads_.request(padTemplate, name);
  }
  void releasePad(GstPad* pad) { pads_.release(pad); }
  bool sendEvent(EventRef event) { return gst::sendEvent(pads_, flow_, metadata_, std::move(event)); }
  /// Nothing: the default handler is to be asked.
  std::optional<bool> query(GstQuery* query) const { return answerQuery(pads_, tally_, query); }
  Metadata& metadata() { return metadata_; }

 private:
  /// A stream, from READY -> PAUSED to PAUSED -> READY.
  struct Opening {
    std::shared_ptr<Listener> listener;
    std::shared_ptr<Producer> producer;
    std::shared_ptr<Stream> stream;
  };

  GstStateChangeReturn chainUp(GstStateChange transition);
  GstStateChangeReturn start();
  GstStateChangeReturn play();
  void pause();
  GstStateChangeReturn close();
  void stop();

  void reset();
  Result<void> openStream();
  Result<Opening> makeStream(const Settings& settings);
  std::shared_ptr<LogSink> openLog(const Settings& settings);
  void closeStream();
  Counts counts() const;

  void streamFailed(const Error& error) override { flow_.fail(error); }
  void streamDrained() override { end_.drained(); }
  void keyFrameWanted(const TrackId& track) override { pads_.askForKeyFrame(track); }

  GstElement* const element_;  // our owner
  const std::shared_ptr<ElementExecutor> executor_;
  ElementSettings settings_;
  Reporter reporter_;
  Flow flow_;
  FrameTally tally_;
  Tracks tracks_;
  EndOfStream end_;
  Metadata metadata_;
  Pads pads_;

  mutable Mutex mutex_{"sink"};
  Opening opening_ KVS_GUARDED_BY(mutex_);
  Opening former_ KVS_GUARDED_BY(mutex_);  // until READY -> NULL, so that its last news are heard
};

}  // namespace kvs::gst
