// SPDX-License-Identifier: Apache-2.0
// A GstStructure as a list of names and values: tags of the stream, metadata, the pairs of an event.
#pragma once

#include <gst/gst.h>

#include <map>
#include <string>
#include <vector>

#include "base/tag.h"
#include "glib/handles.h"

namespace kvs::gst {

/// In the order of the fields; numbers and flags become text as GStreamer writes them. Null: none.
std::vector<Tag> textFieldsOf(const GstStructure* structure);

std::map<std::string, std::string> textMapOf(const GstStructure* structure);

StructureRef structureOf(const char* name, const std::map<std::string, std::string>& fields);

}  // namespace kvs::gst
