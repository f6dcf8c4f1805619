// SPDX-License-Identifier: Apache-2.0
#include "caps/fields.h"

#include "glib/handles.h"

namespace kvs::gst {

namespace {

std::string printed(const GstCaps* caps) {
  // Codec data would fill the sentence with hexadecimal.
  GstCaps* brief = gst_caps_copy(caps);
  for (guint i = 0; i < gst_caps_get_size(brief); ++i) {
    gst_structure_remove_fields(gst_caps_get_structure(brief, i), "codec_data", "streamheader", nullptr);
  }
  const Text text(gst_caps_to_string(brief));
  gst_caps_unref(brief);
  return text.get();
}

Bytes bytesOf(const GValue* value) {
  GstBuffer* buffer = value && G_VALUE_HOLDS(value, GST_TYPE_BUFFER) ? gst_value_get_buffer(value) : nullptr;
  if (!buffer) return {};
  Bytes bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

}  // namespace

std::string textOf(const GstStructure* structure, const char* field) {
  const char* text = gst_structure_get_string(structure, field);
  return text ? text : "";
}

std::uint32_t countOf(const GstStructure* structure, const char* field) {
  gint count = 0;
  return gst_structure_get_int(structure, field, &count) && count > 0 ? static_cast<std::uint32_t>(count) : 0;
}

std::optional<Nanoseconds> frameDurationOf(const GstStructure* structure) {
  gint numerator = 0;
  gint denominator = 0;
  if (!gst_structure_get_fraction(structure, "framerate", &numerator, &denominator)) return std::nullopt;
  if (numerator <= 0 || denominator <= 0) return std::nullopt;
  return Nanoseconds(
      static_cast<std::int64_t>(gst_util_uint64_scale_int(GST_SECOND, denominator, numerator)));
}

Bytes codecDataOf(const GstStructure* structure) {
  return bytesOf(gst_structure_get_value(structure, "codec_data"));
}

Bytes streamHeaderOf(const GstStructure* structure) {
  const GValue* headers = gst_structure_get_value(structure, "streamheader");
  if (!headers || !GST_VALUE_HOLDS_ARRAY(headers) || gst_value_array_get_size(headers) == 0) return {};
  return bytesOf(gst_value_array_get_value(headers, 0));
}

Error refusal(const GstCaps* caps, const std::string& why) {
  return Error{StatusCode::invalidArg,
               ErrorKind::fatal,
               "kvssink cannot take the caps \"" + printed(caps) + "\": " + why,
               {},
               0,
               {},
               {},
               {}};
}

}  // namespace kvs::gst
