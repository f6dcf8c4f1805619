// SPDX-License-Identifier: Apache-2.0
// The core's errors as GStreamer's: a domain and code that an application can switch on, a sentence
// for the user, what the operator needs in the debug text, and all of it again in a structure.
#pragma once

#include <gst/gst.h>

#include "base/error.h"
#include "glib/handles.h"

namespace kvs::gst {

struct ErrorCode {
  GQuark domain;
  gint code;
};

/// Where the core's error belongs among GStreamer's: RESOURCE for all that concerns the service and the
/// settings, STREAM for what is wrong with the media.
ErrorCode errorCodeOf(const Error& error);

/// The status code, the request id, the HTTP status, the exception: for the operator.
std::string debugText(const Error& error);

/// `kvssink-error` with status-code, count (uint), and where they are known request-id, http-status,
/// exception. `count` is how many warnings this one stands for.
StructureRef errorDetails(const Error& error, std::uint32_t count = 1);

/// Whether only this frame was refused, and the stream goes on (producer.h, Stream::put).
bool concernsFrameOnly(const Error& error);

/// The element's own errors, which no core function raised.
Error elementError(StatusCode code, std::string message);

/// Posts on the bus. To be called without any lock held.
void postError(GstElement* element, const Error& error);
void postError(GstElement* element, ErrorCode code, const Error& error);
void postWarning(GstElement* element, ErrorCode code, const Error& error, std::uint32_t count);

}  // namespace kvs::gst
