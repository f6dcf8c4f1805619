// SPDX-License-Identifier: Apache-2.0
// Writing the fields of a GstStructure with the types that the documentation promises.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>

#include "base/status.h"
#include "base/time.h"

namespace kvs::gst {

inline void set(GstStructure* structure, const char* name, const std::string& value) {
  gst_structure_set(structure, name, G_TYPE_STRING, value.c_str(), nullptr);
}
inline void set(GstStructure* structure, const char* name, bool value) {
  gst_structure_set(structure, name, G_TYPE_BOOLEAN, static_cast<gboolean>(value), nullptr);
}
inline void set(GstStructure* structure, const char* name, double value) {
  gst_structure_set(structure, name, G_TYPE_DOUBLE, value, nullptr);
}
inline void set(GstStructure* structure, const char* name, std::uint32_t value) {
  gst_structure_set(structure, name, G_TYPE_UINT, value, nullptr);
}
inline void set(GstStructure* structure, const char* name, std::uint64_t value) {
  gst_structure_set(structure, name, G_TYPE_UINT64, static_cast<guint64>(value), nullptr);
}
inline void set(GstStructure* structure, const char* name, std::int64_t value) {
  gst_structure_set(structure, name, G_TYPE_INT64, static_cast<gint64>(value), nullptr);
}
/// In ns; none is negative.
inline void set(GstStructure* structure, const char* name, Nanoseconds value) {
  set(structure, name, static_cast<std::uint64_t>(value.count()));
}
/// In ns since 1970.
inline void set(GstStructure* structure, const char* name, WallTime value) {
  set(structure, name, value.time_since_epoch());
}
inline void set(GstStructure* structure, const char* name, StatusCode value) {
  set(structure, name, static_cast<std::uint32_t>(value));
}

}  // namespace kvs::gst
