// SPDX-License-Identifier: Apache-2.0
// The stream's tracks as the pads make them: one of each kind at most. A pad's track is added when the stream
// is opened, or when the pad is requested later; its format follows with the pad's caps.
#pragma once

#include <gst/gst.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "producer.h"

namespace kvs::gst {

/// Owned by the Sink; any thread.
class Tracks {
 public:
  using Writer = std::shared_ptr<TrackWriter>;

  /// False where there is a pad of this kind already.
  bool add(GstPad* pad, TrackKind kind);
  /// Answers which track it was; its number is 0 where its caps never came.
  TrackId remove(GstPad* pad);

  /// A stream was opened, into which nothing was put yet: it gets a track for every pad.
  void open(Stream& stream);
  /// Nothing more is put into it.
  void close();

  /// The pad's caps have come, or others.
  Result<TrackId> setFormat(GstPad* pad, TrackFormat format);
  /// What the pad carries is known to whoever else has to know: whether it is of every pad now.
  bool settle(GstPad* pad);
  /// What feeds the pad's track; null in READY and below.
  Writer writerOf(GstPad* pad) const;
  bool isAlone(GstPad* pad) const;

 private:
  struct Entry {
    TrackKind kind = TrackKind::video;
    std::string label;  // the pad's name, by which news of the stream call its track
    Writer writer;
    bool settled = false;
  };

  Result<Writer> addTo(Entry& entry) KVS_REQUIRES(mutex_);

  mutable Mutex mutex_{"tracks"};
  Stream* stream_ KVS_GUARDED_BY(mutex_) = nullptr;
  std::map<GstPad*, Entry> entries_ KVS_GUARDED_BY(mutex_);
};

}  // namespace kvs::gst
