// SPDX-License-Identifier: Apache-2.0
// The end of the stream: when every pad has ended, what is left is sent, and the bus hears EOS when all of it
// is durable or was waited for long enough. Where nothing was stored, it hears an error instead.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <optional>

#include "base/mutex.h"
#include "pads/eos.h"
#include "pads/flow.h"
#include "pads/frame_tally.h"
#include "settings/element_settings.h"
#include "threads/deadline.h"

namespace kvs::gst {

/// Owned by the Sink. Any thread, with no lock held; only finish() waits.
class EndOfStream {
 public:
  EndOfStream(GstElement* element, std::shared_ptr<ElementExecutor> executor, const ElementSettings& settings,
              Reporter& reporter, Flow& flow, const FrameTally& tally);

  // The pads.
  void addPad(GstPad* pad);
  void removePad(GstPad* pad);
  void padEnded(GstPad* pad, guint32 seqnum);
  void padRestarted(GstPad* pad);
  /// Begins to send what is left where every pad has ended.
  void begin();

  // The element's life.
  void reset();
  void setPlaying(bool playing);
  /// Posts EOS where the end is reached and the element plays: once for each time that it plays.
  void post();
  /// PAUSED -> READY: waits until what is left is sent, at most for stop-stream-timeout.
  void finish(Stream& stream);

  /// The core's news: all that it had is durable. On the executor.
  void drained();

 private:
  void timedOut(Eos::Generation generation);
  void drain(Stream& stream);
  std::optional<Error> failureToStore(const Stream& stream) const;
  bool failIfNothingWasStored(const Stream& stream);
  void warnOfRest(Stream& stream);

  GstElement* const element_;
  const std::shared_ptr<ElementExecutor> executor_;
  const ElementSettings& settings_;
  Reporter& reporter_;
  Flow& flow_;
  const FrameTally& tally_;
  Mutex mutex_{"end of stream"};
  Eos eos_ KVS_GUARDED_BY(mutex_);
  Deadline deadline_ KVS_GUARDED_BY(mutex_);
};

}  // namespace kvs::gst
