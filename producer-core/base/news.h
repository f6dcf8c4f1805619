// SPDX-License-Identifier: Apache-2.0
// What a stream reports to its application: the callbacks of the guide's "Producer SDK callbacks", each with
// its details. They are called in order, one at a time, on the application's executor; a handler may take its
// time, call any function of the stream, or stop it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/tag.h"
#include "base/time.h"

namespace kvs {

/// An acknowledgement of a fragment, as the service sent it.
struct FragmentAck {
  enum class Type { buffering, received, persisted, error, idle } type = Type::buffering;
  std::optional<std::int64_t> timecodeMs;  ///< as it was sent: absolute or relative
  std::string fragmentNumber;              ///< decimal, assigned by the service
  StatusCode code = StatusCode::success;   ///< of an error acknowledgement
  std::string errorCode;                   ///< the service's name of the error
  std::string message;                     ///< of an error: what it means and what to do
  Nanoseconds delay{0};                    ///< from the fragment's first put() until now; only for persisted
};

/// A whole fragment that was dropped, or that was sent and may have arrived (`unconfirmed`).
struct FragmentLost {
  enum class Reason { storageFull, bufferDuration, refused, stopped } reason = Reason::storageFull;
  WallTime start;  ///< wall time of its first frame
  Nanoseconds duration{0};
  std::uint64_t bytes = 0;
  std::uint32_t frames = 0;
  bool unconfirmed = false;
};

/// What became of a frame for which put() did not return an Error.
enum class FrameFate : std::uint8_t {
  accepted,             ///< it is in the log, or held: as a part of an access unit, or for the other tracks
  beforeFirstKeyFrame,  ///< a delta unit with no key frame before it: skipped, counted
  afterGap,             ///< part of a group of pictures that could not be kept whole: skipped, counted
  noRoom,               ///< the budget had no room for it, nor for what follows up to the next key frame
  interrupted,          ///< offline only: not taken, since interrupt() ended the wait for room
  keyFrameDistance,     ///< its fragment reached the service's limits and no key frame came: skipped, counted
  afterEndOfFragment,   ///< its fragment was closed by an end-of-fragment tag: skipped to the next key frame
  late,                 ///< its fragment was over for more than the interleave timeout: skipped, counted
  early,        ///< so far ahead of the track that leads that its fragment cannot hold it: skipped, counted
  trackAbsent,  ///< its track was silent and left the header; not yet back: skipped, counted
};

/// Consecutive frames that were not accepted, for the same reason.
struct FramesDropped {
  std::uint64_t count = 0;
  FrameFate why = FrameFate::accepted;
  WallTime start;  ///< of the first one; if it had waited for another track, when that wait ended
  WallTime end;    ///< of the last one

  /// Adds more frames with the same reason.
  void add(const FramesDropped& more) {
    const FramesDropped before = std::exchange(*this, more);
    if (before.count == 0) return;
    count += before.count;
    start = std::min(start, before.start);
    end = std::max(end, before.end);
  }
};

/// Which track is meant.
struct TrackId {
  std::string label;  ///< the application's own word for it (TrackConfig::label)
  std::uint32_t number =
      0;  ///< what those who read the stream see, in its Matroska header; 0: not settled yet
  bool operator==(const TrackId&) const = default;
};

/// A track's codec data has changed: a new session with a new header follows.
struct CodecChange {
  TrackId track;
  std::string codecId;
  std::uint32_t width = 0;   ///< pixels; 0 for audio
  std::uint32_t height = 0;  ///< pixels; 0 for audio
};

/// A time was missing or impossible. Each `reanchored` is reported, and the first of every other kind.
struct TimeRepair {
  enum class Kind {
    missing,     ///< no presentation time: filled from the decoding time, the frame rate or the neighbours
    nudged,      ///< equal to the previous one or a little earlier: moved after it
    raised,      ///< before its fragment's first time, or before the previous fragment's end: moved there
    reanchored,  ///< media time or the wall clock jumped: tied to the wall clock again
  } kind = Kind::missing;
  TrackId track;
  Nanoseconds by{0};  ///< how far it was moved; for `reanchored`, how far the stream's wall time moved
};

/// A track delivers no frames while the others do, or delivers frames again.
struct TrackSilence {
  TrackId track;
  bool silent = true;
  bool filled = false;  ///< silence is sent in its place; otherwise the track is left out of the header
};

/// A notification or an image-generation event (guide, "About producer MKV tags" and "Adding image
/// generation tags to fragments").
struct FragmentEvent {
  enum class Type { notification, imageGeneration } type = Type::notification;
  std::string imagePrefix;  ///< for image generation: prefix of the image objects' names; empty: none
  std::vector<Tag> pairs;   ///< name and value, in the same Tag as the mark
};

enum class ConnectionState { connecting, ready, streaming, disconnected, retrying, drained, stopped };

struct ConnectionChange {
  ConnectionState state = ConnectionState::connecting;
  std::optional<Error> reason;  ///< of disconnected and retrying
  unsigned attempt = 0;         ///< of retrying: 1, 2, ...
  Milliseconds delay{0};        ///< of retrying: until the next attempt
};

/// The buffer fills faster than the service accepts it, or no longer does (`over`).
struct Pressure {
  bool over = false;
  std::uint64_t usedBytes = 0;
  std::uint64_t limitBytes = 0;
  Nanoseconds bufferedDuration{0};
  Nanoseconds limitDuration{0};
};

/// A fragment that the service refused and that is not sent again: onFragmentLost() reports its loss.
struct FragmentRefused {
  Error error;  ///< why
  FragmentLost fragment;
};

/// Which credentials are used from now on.
struct CredentialsTaken {
  std::string source;                  ///< where they come from
  std::string passedOver;              ///< the sources before it, and why each was not used
  bool refreshed = false;              ///< in place of others
  std::optional<WallTime> expiration;  ///< unset: they do not expire, as far as the source knows
};

/// What has no type of its own to say it.
namespace news {

struct StreamReady {};
struct StoragePressure {
  Pressure pressure;
};
struct LatencyPressure {
  Pressure pressure;
};
struct ConnectionStale {
  Nanoseconds age{0};
};
struct KeyFrameWanted {
  TrackId track;
};
struct DataAvailable {};
struct Warning {
  Error error;
};
struct StreamFailed {
  Error error;
};
struct Drained {};
struct StreamClosed {};

}  // namespace news

/// One piece of news: for each there is a function of StreamListener.
using News =
    std::variant<news::StreamReady, ConnectionChange, FragmentAck, FragmentLost, FramesDropped,
                 FragmentRefused, news::StoragePressure, news::LatencyPressure, news::ConnectionStale,
                 CredentialsTaken, CodecChange, TimeRepair, TrackSilence, news::KeyFrameWanted,
                 news::DataAvailable, news::Warning, news::StreamFailed, news::Drained, news::StreamClosed>;

class StreamListener {
 public:
  virtual ~StreamListener() = default;
  virtual void onStreamReady() {}  ///< the stream exists, is ACTIVE, its endpoint is known
  virtual void onConnection(const ConnectionChange&) {}
  virtual void onFragmentAck(const FragmentAck&) {}
  virtual void onFragmentLost(const FragmentLost&) {}  ///< "dropped fragment"
  /// "Dropped frame": the first one is reported at once, those that follow together at the end.
  virtual void onFramesDropped(const FramesDropped&) {}
  virtual void onFragmentRefused(const FragmentRefused&) {}
  virtual void onStoragePressure(const Pressure&) {}  ///< less than 5 % of the storage is free; over: 25 %
  virtual void onLatencyPressure(const Pressure&) {}  ///< more than max-latency is buffered; over: 3/4 of it
  virtual void onConnectionStale(Nanoseconds /*age*/) {}  ///< data was sent and nothing is acknowledged
  virtual void onCredentials(const CredentialsTaken&) {}  ///< the first, and whenever others replace them
  virtual void onCodecChanged(const CodecChange&) {}
  virtual void onTimeRepaired(const TimeRepair&) {}
  virtual void onTrackSilence(const TrackSilence&) {}
  /// The source has paused, and when it continues only a key frame of this track will be accepted: ask for
  /// one now, since no frame comes after which TrackWriter::keyFrameWanted() could report it.
  virtual void onKeyFrameWanted(const TrackId& /*track*/) {}
  virtual void onDataAvailable() {}        ///< there is something to send again
  virtual void onWarning(const Error&) {}  ///< something the user should know; the stream continues
  virtual void onError(const Error&) {}    ///< the stream has ended: no retry can fix this
  virtual void onDrained() {}              ///< after endOfStream(): everything is durable
  virtual void onStreamClosed() {}         ///< after stop(), the last event
};

/// Calls the function that the news is for.
void deliver(const News& news, StreamListener& listener);
/// Of a full queue only these are left out: acknowledgements but for errors, and what will be said again.
bool mayBeDropped(const News& news);

}  // namespace kvs
