// SPDX-License-Identifier: Apache-2.0
// From the pads into the stream: which stream that is, whether anything passes, and what stops it.
#pragma once

#include <memory>
#include <optional>

#include "base/mutex.h"
#include "pads/gate.h"
#include "producer.h"
#include "report/reporter.h"

namespace kvs::gst {

/// Owned by the Sink; known to all pads. Any thread, with no lock held; nothing waits but for an error that
/// another thread is just posting.
class Flow {
 public:
  struct Failure {
    ErrorCode code;
    Error error;
  };

  explicit Flow(Reporter& reporter) : reporter_(reporter) {}

  Gate& gate() { return gate_; }
  std::shared_ptr<Stream> stream() const;  ///< null in READY and below

  /// From READY into PAUSED: forgets a failure.
  void open();
  void setStream(std::shared_ptr<Stream> stream);
  /// PAUSED -> READY: nothing passes, and nobody waits.
  void close();

  /// Ends waits for room, all over the stream; to be paired with endInterrupt().
  void interrupt();
  void endInterrupt();

  /// Posts the error that ends the stream, the first since open() only; returns when it is posted.
  void fail(const Error& error) { fail(errorCodeOf(error), error); }
  void fail(ErrorCode code, const Error& error);
  bool hasFailed() { return gate_.hasFailed(); }
  std::optional<Failure> failure() const;

 private:
  Reporter& reporter_;
  Gate gate_;
  Mutex interruptMutex_{"flow interrupts"};  // keeps the gate's count and the stream's switch in step
  mutable Mutex mutex_{"flow"};
  std::shared_ptr<Stream> stream_ KVS_GUARDED_BY(mutex_);
  std::optional<Failure> failure_ KVS_GUARDED_BY(mutex_);
};

}  // namespace kvs::gst
