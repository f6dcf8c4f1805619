// SPDX-License-Identifier: Apache-2.0
// The plugin's GST_DEBUG categories, and the core's lines written into them: kvssink for the element,
// kvs-stream, kvs-store, kvs-media, kvs-mkv, kvs-aws and kvs-net for the rooms of the core.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "base/log.h"

namespace kvs::gst {

/// Registers the categories; called once, when the plugin is loaded.
void registerCategories();

GstDebugCategory* elementCategory();

/// Stateless, for any number of streams.
std::shared_ptr<LogSink> makeLogSink();

}  // namespace kvs::gst
