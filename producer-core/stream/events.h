// SPDX-License-Identifier: Apache-2.0
// What a stream tells its application: the callbacks of the guide's lines 4170-4305, each with the
// facts that belong to it. They come in order, one at a time, on the application's executor; a
// handler may take its time, call any function of the stream, or stop it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace kvs {

/// An acknowledgement of a fragment, as the service sent it.
struct FragmentAck {
  enum class Type { buffering, received, persisted, error, idle } type = Type::buffering;
  std::optional<std::int64_t> timecodeMs;  ///< as on the wire: absolute or relative
  std::string fragmentNumber;              ///< decimal, as the service counts
  StatusCode code = StatusCode::success;   ///< of an error acknowledgement
  std::string errorCode;                   ///< the service's name of the error
  Nanoseconds delay{0};                    ///< from the fragment's first frame put to this; persisted only
};

/// A whole fragment that will not arrive, or (`unconfirmed`) was sent and may have.
struct FragmentLost {
  enum class Reason { storageFull, bufferDuration, refused, stopped } reason = Reason::storageFull;
  WallTime start;  ///< wall time of its first frame
  Nanoseconds duration{0};
  std::uint64_t bytes = 0;
  std::uint32_t frames = 0;
  bool unconfirmed = false;
};

enum class ConnectionState { connecting, ready, streaming, disconnected, retrying, drained, stopped };

struct ConnectionChange {
  ConnectionState state = ConnectionState::connecting;
  std::optional<Error> reason;  ///< of disconnected and retrying
  unsigned attempt = 0;         ///< of retrying: 1, 2, ...
  Milliseconds delay{0};        ///< of retrying: until the next attempt
};

struct Pressure {
  std::uint64_t usedBytes = 0;
  std::uint64_t limitBytes = 0;
  Nanoseconds bufferedDuration{0};
  Nanoseconds limitDuration{0};
};

class StreamListener {
 public:
  virtual ~StreamListener() = default;
  virtual void onStreamReady() {}  ///< the stream exists, is ACTIVE, its endpoint is known
  virtual void onConnection(const ConnectionChange&) {}
  virtual void onFragmentAck(const FragmentAck&) {}
  virtual void onFragmentLost(const FragmentLost&) {}  ///< "dropped fragment"
  /// "Dropped frame": `count` frames were not taken; `code` says why. The first of a run is told at once,
  /// the others together when the run ends.
  virtual void onFramesDropped(std::uint64_t /*count*/, StatusCode /*code*/) {}
  virtual void onStoragePressure(const Pressure&) {}      ///< less than 5 % of the storage is free
  virtual void onLatencyPressure(const Pressure&) {}      ///< more than max-latency is buffered
  virtual void onConnectionStale(Nanoseconds /*age*/) {}  ///< bytes were sent and nothing is acknowledged
  virtual void onDataAvailable() {}                       ///< there is something to send again after nothing
  virtual void onWarning(const Error&) {}  ///< something the user should know; the stream goes on
  virtual void onError(const Error&) {}    ///< the stream has ended: no retry can mend it
  virtual void onDrained() {}              ///< after endOfStream(): everything is durable
  virtual void onStreamClosed() {}         ///< after stop(), the last event
};

}  // namespace kvs
