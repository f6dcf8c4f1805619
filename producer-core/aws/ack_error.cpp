// SPDX-License-Identifier: Apache-2.0
#include "aws/ack_error.h"

#include <algorithm>
#include <array>

namespace kvs::aws {
namespace {

// Numbers and names: API reference, PutMedia; status codes: guide, "Error code reference".
constexpr std::array known{
    AckError{
        4000, "STREAM_READ_ERROR", StatusCode::ackStreamReadError, AckPolicy::reconnect,
        "The service could not read the stream; it is sent again from the first fragment not persisted."},
    AckError{4001, "MAX_FRAGMENT_SIZE_REACHED", StatusCode::ackFragmentSizeReached, AckPolicy::setAside,
             "A fragment has more than 50 MB and was not stored. Send key frames more often, or lower the "
             "bitrate."},
    AckError{4002, "MAX_FRAGMENT_DURATION_REACHED", StatusCode::ackFragmentDurationReached,
             AckPolicy::setAside,
             "A fragment is longer than 20 s and was not stored. Send a key frame at least every 10 s."},
    AckError{4003, "MAX_CONNECTION_DURATION_REACHED", StatusCode::ackConnectionDurationReached,
             AckPolicy::newSession,
             "The session reached the service's maximum duration; the next one is opened."},
    AckError{
        4004, "FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS", StatusCode::ackTimestampNotMonotonic,
        AckPolicy::setAside,
        "A fragment begins before the end of the previous one and was not stored. Check the source's times."},
    AckError{
        4005, "MORE_THAN_ALLOWED_TRACKS_FOUND", StatusCode::ackMultiTrackMkv, AckPolicy::fatal,
        "The stream has more tracks than the service accepts. Send at most one video and one audio track."},
    AckError{4006, "INVALID_MKV_DATA", StatusCode::ackInvalidMkvData, AckPolicy::setAside,
             "The service could not read a fragment and did not store it. Check the encoder's output."},
    AckError{4007, "INVALID_PRODUCER_TIMESTAMP", StatusCode::ackInvalidProducerTimestamp,
             AckPolicy::correctClock,
             "The service does not accept the stream's start time. Set the machine's clock."},
    AckError{4008, "STREAM_NOT_ACTIVE", StatusCode::ackStreamNotActive, AckPolicy::describe,
             "The stream is not active yet, or is being changed; its status is checked again."},
    AckError{
        4009, "FRAGMENT_METADATA_LIMIT_REACHED", StatusCode::ackFragmentMetadataLimitReached,
        AckPolicy::resendWithoutTags,
        "A fragment has more metadata than the service accepts (10 items); it is sent again without it."},
    AckError{
        4010, "TRACK_NUMBER_MISMATCH", StatusCode::ackTrackNumberMismatch, AckPolicy::resendOtherHeader,
        "A fragment's tracks are not those of the session's header; it is sent again with the right header."},
    AckError{4011, "FRAMES_MISSING_FOR_TRACK", StatusCode::ackFramesMissingForTrack,
             AckPolicy::resendOtherHeader,
             "A fragment lacks frames of a track; it is sent again with a header that names only the tracks "
             "it has."},
    AckError{
        4012, "MORE_THAN_ALLOWED_TRACKS_FOUND", StatusCode::ackMoreThanAllowedTracks, AckPolicy::fatal,
        "The stream has more tracks than the service accepts. Send at most one video and one audio track."},
    AckError{4500, "KMS_KEY_ACCESS_DENIED", StatusCode::ackKmsAccessDenied, AckPolicy::retryKms,
             "The stream's KMS key may not be used. Allow the account to use it; sending is retried."},
    AckError{4501, "KMS_KEY_DISABLED", StatusCode::ackKmsKeyDisabled, AckPolicy::retryKms,
             "The stream's KMS key is disabled. Enable it; sending is retried."},
    AckError{4502, "KMS_KEY_VALIDATION_ERROR", StatusCode::ackKmsKeyValidationError, AckPolicy::retryKms,
             "The stream's KMS key cannot be validated. Check the key; sending is retried."},
    AckError{4503, "KMS_KEY_UNAVAILABLE", StatusCode::ackKmsKeyUnavailable, AckPolicy::retryKms,
             "The stream's KMS key is unavailable. Sending is retried."},
    AckError{4504, "KMS_KEY_INVALID_USAGE", StatusCode::ackKmsKeyInvalidUsage, AckPolicy::retryKms,
             "The stream's KMS key is not an encryption key. Check the key; sending is retried."},
    AckError{4505, "KMS_KEY_INVALID_STATE", StatusCode::ackKmsKeyInvalidState, AckPolicy::retryKms,
             "The stream's KMS key is in a state that forbids its use. Check the key; sending is retried."},
    AckError{4506, "KMS_KEY_NOT_FOUND", StatusCode::ackKmsKeyNotFound, AckPolicy::retryKms,
             "The stream's KMS key does not exist. Check the stream's key; sending is retried."},
    AckError{4507, "STREAM_DELETED", StatusCode::ackStreamDeleted, AckPolicy::streamDeleted,
             "The stream was deleted, or is being deleted, while it was in use."},
    AckError{5000, "INTERNAL_ERROR", StatusCode::ackInternalError, AckPolicy::reconnect,
             "The service has an internal error; sending is retried."},
    AckError{5001, "ARCHIVAL_ERROR", StatusCode::ackArchivalError, AckPolicy::reconnect,
             "The service could not store a fragment; it is sent again."},
    AckError{
        0, "MIN_FRAGMENT_DURATION_REACHED", StatusCode::ackUnknownError, AckPolicy::setAsideOnRepeat,
        "A fragment is shorter than 1 s, the minimum that the service accepts. Send key frames less often."},
};

constexpr AckError unknownRefusal{
    0, "", StatusCode::ackUnknownError, AckPolicy::setAsideOnRepeat,
    "The service refuses a fragment for a reason that this version does not know."};
constexpr AckError unknownTrouble{
    0, "", StatusCode::ackUnknownError, AckPolicy::reconnect,
    "The service reports a problem that this version does not know; sending is retried."};
constexpr AckError withoutId{0, "", StatusCode::missingErrorAckId, AckPolicy::setAsideOnRepeat,
                             "The service reports an error without saying which one."};

constexpr int firstServiceTrouble = 5000;

}  // namespace

const AckError& ackError(std::optional<int> errorId, std::string_view errorCode) {
  const auto* byId = std::find_if(known.begin(), known.end(),
                                  [&](const AckError& e) { return e.id != 0 && e.id == errorId; });
  if (byId != known.end()) return *byId;
  const auto* byName =
      std::find_if(known.begin(), known.end(), [&](const AckError& e) { return e.name == errorCode; });
  if (byName != known.end()) return *byName;
  if (errorId) return *errorId < firstServiceTrouble ? unknownRefusal : unknownTrouble;
  return errorCode.empty() ? withoutId : unknownRefusal;
}

}  // namespace kvs::aws
