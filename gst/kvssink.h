// SPDX-License-Identifier: Apache-2.0
// kvssink as GObject knows it: a GstElement with one C++ object behind it.
#pragma once

#include <gst/gst.h>

namespace kvs::gst {
class Sink;
}

G_BEGIN_DECLS

#define GST_TYPE_KVS_SINK (gst_kvs_sink_get_type())
G_DECLARE_FINAL_TYPE(GstKvsSink, gst_kvs_sink, GST, KVS_SINK, GstElement)

struct _GstKvsSink {
  GstElement parent;
  kvs::gst::Sink* sink;  // from init to finalize
};

GST_ELEMENT_REGISTER_DECLARE(kvssink)

G_END_DECLS
