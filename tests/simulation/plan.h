// SPDX-License-Identifier: Apache-2.0
// What one simulated life looks like: a source, a stream's settings, and the faults it will meet. All
// of it follows from the seed; a plan is data, so that a failing one can be made smaller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace kvs::sim {

struct Fault {
  enum class Kind {
    refuse,           // connections are refused
    blackhole,        // nothing passes
    swallow,          // half-open: bytes go, nothing comes back
    reset,            // connections are cut
    slowLink,         // value: bytes a second
    endResponse,      // the 200 body ends
    errorAck,         // value: ErrorId, named: with FragmentTimecode
    callErrors,       // value: which answer
    withholdAcks,     // stored and not told
    withholdStorage,  // lost by the service without a word
    moveEndpoint,
    deleteStream,
    nonsense,  // bytes that are no acknowledgement
    wallStep,  // value: seconds
    badCredentials,
    // Not faults of others, but lives of the source:
    pauseSource,
    endOfStream,  // frames go on afterwards
    flush,
    newFormat,  // parameter sets change at the next key frame
    timeJump,   // value: milliseconds of media time, forwards or back
    mute,       // the microphone gives nothing
  };
  static constexpr int kinds = static_cast<int>(Kind::mute) + 1;

  Kind kind = Kind::reset;
  Milliseconds at{0};
  Milliseconds lasts{0};
  std::int64_t value = 0;
  bool named = false;

  Milliseconds end() const { return at + lasts; }
};

struct Plan {
  std::uint64_t seed = 0;
  Milliseconds length{0};  ///< of the source; the last faults end quietly before
  // Source
  int framesPerSecond = 4;
  int framesPerGroup = 8;
  std::size_t frameSize = 1000;
  bool reordered = false;  ///< B-frames
  bool tags = false;       ///< metadata now and then
  bool audio = false;      ///< a microphone beside the camera
  bool drops = false;      ///< and where it is silent, fragments without it instead of made-up silence
  Milliseconds age{0};     ///< how long ago a frame was captured
  // Stream
  std::size_t storageChunks = 64;
  Seconds bufferDuration{120};
  Milliseconds timecodeScale{1};
  bool absoluteTimes = true;
  bool streamExists = true;
  int retentionHours = 2;
  // Line and service
  Milliseconds latency{20};
  Milliseconds persistDelay{150};
  bool readInsideResume = false;
  bool shuffled = false;  ///< what a pass of the loop may bring together comes together
  bool delayed = false;   ///< what was buffered is fetched before it can be sent, which takes its time
  bool twoLogs = false;   ///< and waits in an older log, beside the live one
  Seconds rotation{3600};
  std::optional<Seconds> burst{};  ///< near-realtime, so often
  /// Nothing goes wrong but in the source: no session fails, and one that did would end the stream.
  bool calm = false;
  /// The camera's clock at the start: how far it is behind the service's, whose signatures must be of the
  /// time.
  std::optional<Seconds> clockBehind{};
  std::vector<Fault> faults;
};

Plan makePlan(std::uint64_t seed);

/// Within this after the last fault a fragment must have been persisted.
Nanoseconds recoveryBound(const Plan& plan);

std::string describe(const Fault& fault);
std::string describe(const Plan& plan);

}  // namespace kvs::sim
