// SPDX-License-Identifier: Apache-2.0
// Reading the fields of caps, and saying why caps are not taken.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"

namespace kvs::gst {

/// Empty where the field is missing, or no string.
std::string textOf(const GstStructure* structure, const char* field);

/// 0 where the field is missing, or not a positive number.
std::uint32_t countOf(const GstStructure* structure, const char* field);

/// Nothing where the rate is variable (0/1), or not said.
std::optional<Nanoseconds> frameDurationOf(const GstStructure* structure);

/// The bytes of `codec_data`; empty where there is none.
Bytes codecDataOf(const GstStructure* structure);

/// The first buffer of `streamheader`; empty where there is none.
Bytes streamHeaderOf(const GstStructure* structure);

/// A medium that travels as it comes: what its caps are called, and Matroska's and our names of it.
struct PlainMedium {
  const char* caps;
  const char* codecId;
  const char* contentType;
};

/// The error that names the caps; `why` is a sentence with what to do.
Error refusal(const GstCaps* caps, const std::string& why);

}  // namespace kvs::gst
