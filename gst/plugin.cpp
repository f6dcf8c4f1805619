// SPDX-License-Identifier: Apache-2.0
// The plugin's entry. Loading it starts no thread and initialises no library.
#include <gst/gst.h>

#include "kvssink.h"
#include "logging/log_sink.h"

static gboolean plugin_init(GstPlugin* plugin) {
  kvs::gst::registerCategories();
  return GST_ELEMENT_REGISTER(kvssink, plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, kvssink, "Amazon Kinesis Video Streams", plugin_init,
                  KVSSINK_VERSION, "Apache 2.0", PACKAGE, KVSSINK_ORIGIN)
