// SPDX-License-Identifier: Apache-2.0
// The one place where the element speaks to its application: messages on the bus, signals, what properties
// say of errors. Whatever happens comes here: the stream's news by way of the Listener, the pads' troubles
// from the pads.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "report/errors.h"
#include "report/losses.h"
#include "report/metrics.h"
#include "report/playback_report.h"
#include "report/structures.h"
#include "report/tasks.h"
#include "report/warnings.h"

namespace kvs::gst {

/// Owned by the Sink, and lives as long as the element. Any thread, with no lock held. What has a rule of its
/// own, such as how often it is said, is a part with a lock of its own.
class Reporter {
 public:
  Reporter(GstElement* element, std::shared_ptr<ElementExecutor> executor, std::function<Counts()> counts)
      : warnings(element, executor),
        tasks(element),
        losses(element, executor, warnings),
        metrics(element, executor, std::move(counts)),
        playback(element),
        element_(element) {}

  Warnings warnings;
  Tasks tasks;
  Losses losses;
  Metrics metrics;
  PlaybackReport playback;

  void post(StructureRef structure) { gst::post(element_, std::move(structure)); }
  /// Posts a structure `kvssink-connection`, and emits the signal with it.
  void postConnection(StructureRef state);
  /// The error that ends the stream.
  void postFailure(ErrorCode code, const Error& error);
  /// STREAM_START, once for the pads of a group.
  void streamStarted(GstEvent* event);
  /// EOS.
  void streamEnded(guint32 seqnum);

  void setErrorDetail(const std::string& sentence);
  std::string errorDetail() const;

  /// From READY into PAUSED.
  void reset();
  /// Posts what the rate limits still hold back.
  void flush();

 private:
  GstElement* const element_;
  mutable Mutex mutex_{"reporter"};
  std::string errorDetail_ KVS_GUARDED_BY(mutex_);
  std::optional<guint> groupId_ KVS_GUARDED_BY(mutex_);
};

}  // namespace kvs::gst
