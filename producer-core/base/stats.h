// SPDX-License-Identifier: Apache-2.0
// What can be read about a stream and a Producer at any time, at little cost (the guide's StreamMetrics and
// ClientMetrics, and what users ask first).
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace kvs {

/// What was lost for one reason.
struct LossCount {
  std::uint64_t fragments = 0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;

  void add(std::uint64_t moreFrames, std::uint64_t moreBytes) {
    ++fragments;
    frames += moreFrames;
    bytes += moreBytes;
  }
  /// A fragment arrived after all.
  void takeBack(std::uint64_t itsFrames, std::uint64_t itsBytes) {
    --fragments;
    frames -= itsFrames;
    bytes -= itsBytes;
  }
};

/// Counted on the way into the buffer.
struct IntakeCounts {
  std::uint64_t framesIn = 0;  ///< accepted into the log
  std::uint64_t bytesIn = 0;   ///< of accepted frames, as they are stored in the log
  std::uint64_t fragmentsIn = 0;

  // Frames that were not accepted, by reason.
  std::uint64_t skippedBeforeKeyFrame = 0;
  std::uint64_t skippedAfterGap = 0;
  std::uint64_t skippedNoRoom = 0;
  std::uint64_t skippedInvalid = 0;
  std::uint64_t skippedKeyFrameDistance = 0;
  std::uint64_t skippedAfterEndOfFragment = 0;
  std::uint64_t skippedLate = 0;  ///< out of their fragment's range, late or early
  std::uint64_t skippedTrackAbsent = 0;

  std::uint64_t timesRepaired = 0;  ///< frames whose time was missing or had to be moved; the sum of:
  std::uint64_t timesMissing = 0;
  std::uint64_t timesNudged = 0;
  std::uint64_t timesRaised = 0;
  std::uint64_t timesReanchored = 0;

  std::uint64_t framesCorrupted = 0;  ///< sent although the source marked them as damaged
  std::uint64_t framesFilled = 0;     ///< silence and repeated samples, generated for silent tracks
};

/// Counted in the buffer: what became of fragments, and what there is.
struct StoreCounts {
  std::uint64_t framesPersisted = 0;  ///< including those generated for silent tracks (framesFilled)
  std::uint64_t bytesPersisted = 0;
  std::uint64_t framesLost = 0;  ///< accepted, then dropped or refused with their fragment; the sum of:
  LossCount lostStorageFull;
  LossCount lostBufferDuration;
  LossCount lostRefused;
  LossCount lostStopped;
  std::uint64_t fragmentsLost = 0;
  std::uint64_t fragmentsRefused = 0;
  std::uint64_t fragmentsReplayed = 0;  ///< confirmed, but sent again because the host may have died

  std::uint64_t bytesBuffered = 0;  ///< overallViewSize: not yet durable
  Nanoseconds durationBuffered{0};  ///< overallViewDuration
  std::uint64_t bytesUnsent = 0;    ///< currentViewSize: buffered and not yet sent
  Nanoseconds durationUnsent{0};    ///< currentViewDuration, of whole fragments
  WallTime bufferedSince{};         ///< wall time of the oldest frame not yet durable; 0 if there is none
};

/// Counted on the way out of the buffer.
struct SentCounts {
  std::uint64_t bytesSent = 0;      ///< over all sessions, including resends and headers
  std::uint64_t framesSent = 0;     ///< of fragments that were sent completely; resent ones count again
  std::uint64_t fragmentsSent = 0;  ///< resent ones count again
};

/// Sessions, and the acknowledgements in them.
struct SessionCounts {
  std::uint64_t sessions = 0;
  std::uint64_t reconnects = 0;  ///< sessions that followed a failure
  std::uint64_t acksBuffering = 0;
  std::uint64_t acksReceived = 0;
  std::uint64_t acksPersisted = 0;
  std::uint64_t acksError = 0;
  std::uint64_t acksIdle = 0;
  std::uint64_t acksUnknown = 0;  ///< for fragments that this session did not send
};

struct StreamStats : IntakeCounts, StoreCounts, SentCounts, SessionCounts {
  std::string state;  ///< the state machine's: configuring, credentials, ..., streaming, stopped

  Nanoseconds durationLimit{0};  ///< how much may be buffered
  double frameRate = 0;          ///< currentFrameRate: frames accepted per second, over the last seconds
  double transferRate = 0;       ///< currentTransferRate: bytes sent per second, over the last seconds
  Nanoseconds ackDelayP50{0};    ///< from a fragment's first frame to its last acknowledgement
  Nanoseconds ackDelayP99{0};
  unsigned attempt = 0;   ///< failures in a row since the last persisted fragment
  std::string lastError;  ///< empty: none so far
  StatusCode lastErrorCode = StatusCode::success;
  WallTime lastErrorAt{};  ///< 0 if there was none
  std::string dataEndpoint;
  std::string credentialSource;
  std::string credentialsPassedOver;  ///< the sources before it, and why each was not used
};

struct ProducerStats {
  std::uint64_t storageLimit = 0;  ///< ContentStoreSize
  std::uint64_t storageUsed = 0;   ///< ContentStoreAllocatedSize
  Nanoseconds loopLagP50{0};
  Nanoseconds loopLagP99{0};
};

}  // namespace kvs
