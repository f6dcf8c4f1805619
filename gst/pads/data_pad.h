// SPDX-License-Identifier: Apache-2.0
// The pad of time-stamped data: a GstPad with a property `codec-id`, since there is no caps field that
// could say Matroska's codec id of an application's own format.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

G_BEGIN_DECLS

#define GST_TYPE_KVS_SINK_DATA_PAD (gst_kvs_sink_data_pad_get_type())
G_DECLARE_FINAL_TYPE(GstKvsSinkDataPad, gst_kvs_sink_data_pad, GST, KVS_SINK_DATA_PAD, GstPad)

struct _GstKvsSinkDataPad {
  GstPad parent;
  gchar* codecId;  // guarded by the pad's object lock; null: as the caps say
};

G_END_DECLS

namespace kvs::gst {

/// Of any pad: nothing where it is no data pad, or nothing was set.
std::optional<std::string> codecIdOf(GstPad* pad);

}  // namespace kvs::gst
