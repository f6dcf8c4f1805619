// SPDX-License-Identifier: Apache-2.0
#include "service/ack.h"

#include <array>
#include <utility>

namespace kvslocal {
namespace {

constexpr std::array<std::pair<AckError, const char*>, 24> names{{
    {AckError::streamRead, "STREAM_READ_ERROR"},
    {AckError::maxFragmentSize, "MAX_FRAGMENT_SIZE_REACHED"},
    {AckError::maxFragmentDuration, "MAX_FRAGMENT_DURATION_REACHED"},
    {AckError::maxConnectionDuration, "MAX_CONNECTION_DURATION_REACHED"},
    {AckError::timecodeLesserThanPrevious, "FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS"},
    {AckError::moreThanAllowedTracks, "MORE_THAN_ALLOWED_TRACKS_FOUND"},
    {AckError::invalidMkvData, "INVALID_MKV_DATA"},
    {AckError::invalidProducerTimestamp, "INVALID_PRODUCER_TIMESTAMP"},
    {AckError::streamNotActive, "STREAM_NOT_ACTIVE"},
    {AckError::fragmentMetadataLimit, "FRAGMENT_METADATA_LIMIT_REACHED"},
    {AckError::trackNumberMismatch, "TRACK_NUMBER_MISMATCH"},
    {AckError::framesMissingForTrack, "FRAMES_MISSING_FOR_TRACK"},
    {AckError::moreThanAllowedTracksToo, "MORE_THAN_ALLOWED_TRACKS_FOUND"},
    {AckError::minFragmentDuration, "MIN_FRAGMENT_DURATION_REACHED"},
    {AckError::kmsKeyAccessDenied, "KMS_KEY_ACCESS_DENIED"},
    {AckError::kmsKeyDisabled, "KMS_KEY_DISABLED"},
    {AckError::kmsKeyValidation, "KMS_KEY_VALIDATION_ERROR"},
    {AckError::kmsKeyUnavailable, "KMS_KEY_UNAVAILABLE"},
    {AckError::kmsKeyInvalidUsage, "KMS_KEY_INVALID_USAGE"},
    {AckError::kmsKeyInvalidState, "KMS_KEY_INVALID_STATE"},
    {AckError::kmsKeyNotFound, "KMS_KEY_NOT_FOUND"},
    {AckError::streamDeleted, "STREAM_DELETED"},
    {AckError::internal, "INTERNAL_ERROR"},
    {AckError::archival, "ARCHIVAL_ERROR"},
}};

const char* eventName(AckEvent event) {
  switch (event) {
    case AckEvent::buffering:
      return "BUFFERING";
    case AckEvent::received:
      return "RECEIVED";
    case AckEvent::persisted:
      return "PERSISTED";
    case AckEvent::error:
      return "ERROR";
    case AckEvent::idle:
      return "IDLE";
  }
  return "";
}

}  // namespace

std::string ackErrorName(std::uint32_t id) {
  for (const auto& [error, name] : names) {
    if (static_cast<std::uint32_t>(error) == id) return name;
  }
  return "UNKNOWN_ERROR";
}

Ack makeErrorAck(std::uint32_t id, std::optional<std::int64_t> timecodeMs,
                 std::optional<std::string> number) {
  return {AckEvent::error, timecodeMs, std::move(number), id, ackErrorName(id)};
}

std::string toJson(const Ack& ack) {
  std::string json = std::string(R"({"EventType":")") + eventName(ack.event) + '"';
  if (ack.timecodeMs) json += R"(,"FragmentTimecode":)" + std::to_string(*ack.timecodeMs);
  if (ack.fragmentNumber) json += R"(,"FragmentNumber":")" + *ack.fragmentNumber + '"';
  if (ack.event == AckEvent::error) {
    json += R"(,"ErrorId":)" + std::to_string(ack.errorId) + R"(,"ErrorCode":")" + ack.errorCode + '"';
  }
  return json + '}';
}

}  // namespace kvslocal
