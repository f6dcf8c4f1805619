// SPDX-License-Identifier: Apache-2.0
#include "report/errors.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace kvs::gst {

namespace {

struct Row {
  StatusCode status;
  gint code;
};

// Codes of GST_RESOURCE_ERROR by status code, where the kind of the error does not say it all. A constant:
// GStreamer's workers may still post while the process's static destructors run.
constexpr Row resourceCodes[] = {
    {StatusCode::invalidArg, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::serviceInvalidArg, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::invalidStreamNameLength, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::invalidStorageSize, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::invalidRetentionPeriod, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::invalidUriLength, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::invalidContentViewDuration, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::duplicateStreamEventType, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::invalidImagePrefixLength, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::mkvInvalidClusterDuration, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::offlineModeWithZeroRetention, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::maximumTrackCountExceeded, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::duplicateStreamName, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::maxTagCount, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::invalidTagNameLength, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::invalidTagValueLength, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::invalidMetadataName, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::invalidMetadataKeyLength, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::invalidMetadataValueLength, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::maxFragmentMetadataCount, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::mkvInvalidTimecodeScale, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::mkvInvalidCodecIdLength, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::mkvInvalidTrackNameLength, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::mkvInvalidContentTypeLength, GST_RESOURCE_ERROR_SETTINGS},
    {StatusCode::notAuthorized, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
    {StatusCode::clientAuthFailed, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
    {StatusCode::invalidAuthLength, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
    {StatusCode::invalidTokenExpiration, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
    {StatusCode::ackKmsAccessDenied, GST_RESOURCE_ERROR_NOT_AUTHORIZED},
    {StatusCode::resourceNotFound, GST_RESOURCE_ERROR_NOT_FOUND},
    {StatusCode::streamBeingDeleted, GST_RESOURCE_ERROR_NOT_FOUND},
    {StatusCode::ackStreamDeleted, GST_RESOURCE_ERROR_NOT_FOUND},
    {StatusCode::ackKmsKeyNotFound, GST_RESOURCE_ERROR_NOT_FOUND},
    {StatusCode::storeOutOfMemory, GST_RESOURCE_ERROR_NO_SPACE_LEFT},
    {StatusCode::streamLimit, GST_RESOURCE_ERROR_NO_SPACE_LEFT},
    {StatusCode::maxStreamCount, GST_RESOURCE_ERROR_NO_SPACE_LEFT},
    {StatusCode::describeStreamFailed, GST_RESOURCE_ERROR_OPEN_WRITE},
    {StatusCode::createStreamFailed, GST_RESOURCE_ERROR_OPEN_WRITE},
    {StatusCode::tagStreamFailed, GST_RESOURCE_ERROR_OPEN_WRITE},
    {StatusCode::getDataEndpointFailed, GST_RESOURCE_ERROR_OPEN_WRITE},
    {StatusCode::invalidDescribeResponse, GST_RESOURCE_ERROR_OPEN_WRITE},
    {StatusCode::invalidCreateResponse, GST_RESOURCE_ERROR_OPEN_WRITE},
    {StatusCode::serviceCallTimeout, GST_RESOURCE_ERROR_OPEN_WRITE},
    {StatusCode::resourceInUse, GST_RESOURCE_ERROR_BUSY},
    {StatusCode::clientLimit, GST_RESOURCE_ERROR_BUSY},
};

std::optional<gint> ownResourceCode(StatusCode status) {
  const auto* row = std::ranges::find(resourceCodes, status, &Row::status);
  if (row == std::end(resourceCodes)) return std::nullopt;
  return row->code;
}

gint resourceCodeOf(const Error& error) {
  if (const auto own = ownResourceCode(error.code)) return *own;
  if (error.kind == ErrorKind::auth) return GST_RESOURCE_ERROR_NOT_AUTHORIZED;
  if (error.kind == ErrorKind::notFound) return GST_RESOURCE_ERROR_NOT_FOUND;
  return GST_RESOURCE_ERROR_WRITE;
}

// The guide numbers everything about Matroska and the media 0x32......
bool concernsMedia(StatusCode code) {
  return static_cast<std::uint32_t>(code) >> 24 == 0x32;
}

void post(GstElement* element, GstMessageType type, ErrorCode code, const Error& error, std::uint32_t count) {
  std::string text = error.message;
  if (count > 1) text += " (This stands for " + std::to_string(count) + " warnings.)";
  gst_element_message_full_with_details(element, type, code.domain, code.code, g_strdup(text.c_str()),
                                        g_strdup(debugText(error).c_str()), "kvssink", "", 0,
                                        errorDetails(error, count).release());
}

}  // namespace

ErrorCode errorCodeOf(const Error& error) {
  const bool setting = ownResourceCode(error.code).has_value();
  if (concernsMedia(error.code) && !setting) return {GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT};
  if (error.code == StatusCode::internalError || error.code == StatusCode::notEnoughMemory) {
    return {GST_CORE_ERROR, GST_CORE_ERROR_FAILED};
  }
  return {GST_RESOURCE_ERROR, resourceCodeOf(error)};
}

std::string debugText(const Error& error) {
  std::string text = "status code " + toHex(error.code);
  if (error.httpStatus != 0) text += ", HTTP status " + std::to_string(error.httpStatus);
  if (!error.exception.empty()) text += ", " + error.exception;
  if (!error.requestId.empty()) text += ", request id " + error.requestId;
  return text;
}

StructureRef errorDetails(const Error& error, std::uint32_t count) {
  StructureRef details(gst_structure_new("kvssink-error", "status-code", G_TYPE_UINT,
                                         static_cast<guint>(error.code), "count", G_TYPE_UINT, count,
                                         nullptr));
  const auto addText = [&](const char* name, const std::string& value) {
    if (!value.empty()) gst_structure_set(details.get(), name, G_TYPE_STRING, value.c_str(), nullptr);
  };
  addText("request-id", error.requestId);
  addText("exception", error.exception);
  if (error.httpStatus != 0) {
    gst_structure_set(details.get(), "http-status", G_TYPE_INT, error.httpStatus, nullptr);
  }
  return details;
}

bool concernsFrameOnly(const Error& error) {
  return concernsMedia(error.code);
}

Error elementError(StatusCode code, std::string message) {
  return Error{code, ErrorKind::fatal, std::move(message), {}, 0, {}, {}, {}};
}

void postError(GstElement* element, const Error& error) {
  postError(element, errorCodeOf(error), error);
}

void postError(GstElement* element, ErrorCode code, const Error& error) {
  post(element, GST_MESSAGE_ERROR, code, error, 1);
}

void postWarning(GstElement* element, ErrorCode code, const Error& error, std::uint32_t count) {
  post(element, GST_MESSAGE_WARNING, code, error, count);
}

}  // namespace kvs::gst
