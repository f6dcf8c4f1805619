// SPDX-License-Identifier: Apache-2.0
// Acknowledgements of PutMedia: what one says and how it is written.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "store/fragment.h"

namespace kvslocal {

enum class AckEvent : std::uint8_t { buffering, received, persisted, error, idle };

/// The service's error acknowledgements by number. `minFragmentDuration` has no published number: ours is
/// made up.
enum class AckError : std::uint16_t {
  streamRead = 4000,
  maxFragmentSize = 4001,
  maxFragmentDuration = 4002,
  maxConnectionDuration = 4003,
  timecodeLesserThanPrevious = 4004,
  moreThanAllowedTracks = 4005,
  invalidMkvData = 4006,
  invalidProducerTimestamp = 4007,
  streamNotActive = 4008,
  fragmentMetadataLimit = 4009,
  trackNumberMismatch = 4010,
  framesMissingForTrack = 4011,
  moreThanAllowedTracksToo = 4012,
  minFragmentDuration = 4013,
  kmsKeyAccessDenied = 4500,
  kmsKeyDisabled = 4501,
  kmsKeyValidation = 4502,
  kmsKeyUnavailable = 4503,
  kmsKeyInvalidUsage = 4504,
  kmsKeyInvalidState = 4505,
  kmsKeyNotFound = 4506,
  streamDeleted = 4507,
  internal = 5000,
  archival = 5001,
};

/// The name that goes with a number, `UNKNOWN_ERROR` for a number that the service has not published.
std::string ackErrorName(std::uint32_t id);

struct Ack {
  AckEvent event = AckEvent::idle;
  std::optional<std::int64_t> timecodeMs;  ///< as the producer sent it: relative in a RELATIVE session
  std::optional<std::string> fragmentNumber;
  std::uint32_t errorId = 0;
  std::string errorCode;
};

/// `id` with its published name, for the fragment that `timecodeMs` and `number` tell, where known.
Ack makeErrorAck(std::uint32_t id, std::optional<std::int64_t> timecodeMs = {},
                 std::optional<std::string> number = {});

/// One JSON object on one line, without the line's end.
std::string toJson(const Ack& ack);

}  // namespace kvslocal
