// SPDX-License-Identifier: Apache-2.0
#include "pads/data_pad.h"

#include "glib/handles.h"

G_DEFINE_FINAL_TYPE(GstKvsSinkDataPad, gst_kvs_sink_data_pad, GST_TYPE_PAD)

namespace {

using kvs::gst::ObjectLock;

constexpr guint codecIdProperty = 1;

void gst_kvs_sink_data_pad_set_property(GObject* object, guint /*id*/, const GValue* value,
                                        GParamSpec* /*spec*/) {
  GstKvsSinkDataPad* const self = GST_KVS_SINK_DATA_PAD(object);
  const ObjectLock lock(self);
  g_free(self->codecId);
  self->codecId = g_value_dup_string(value);
}

void gst_kvs_sink_data_pad_get_property(GObject* object, guint /*id*/, GValue* value, GParamSpec* /*spec*/) {
  GstKvsSinkDataPad* const self = GST_KVS_SINK_DATA_PAD(object);
  const ObjectLock lock(self);
  g_value_set_string(value, self->codecId);
}

void gst_kvs_sink_data_pad_finalize(GObject* object) {
  g_free(GST_KVS_SINK_DATA_PAD(object)->codecId);
  G_OBJECT_CLASS(gst_kvs_sink_data_pad_parent_class)->finalize(object);
}

}  // namespace

static void gst_kvs_sink_data_pad_class_init(GstKvsSinkDataPadClass* klass) {
  GObjectClass* const objectClass = G_OBJECT_CLASS(klass);
  objectClass->set_property = &gst_kvs_sink_data_pad_set_property;
  objectClass->get_property = &gst_kvs_sink_data_pad_get_property;
  objectClass->finalize = &gst_kvs_sink_data_pad_finalize;
  const auto flags =
      static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  g_object_class_install_property(
      objectClass, codecIdProperty,
      g_param_spec_string(
          "codec-id", "codec-id",
          "Matroska codec id of the data track, up to 32 bytes; not set: S_TEXT/UTF8 for text "
          "and JSON, D_KVS/DATA for all else",
          nullptr, flags));
}

static void gst_kvs_sink_data_pad_init(GstKvsSinkDataPad* self) {
  self->codecId = nullptr;
}

std::optional<std::string> kvs::gst::codecIdOf(GstPad* pad) {
  if (!GST_IS_KVS_SINK_DATA_PAD(pad)) return std::nullopt;
  GstKvsSinkDataPad* const self = GST_KVS_SINK_DATA_PAD(pad);
  const ObjectLock lock(self);
  return self->codecId ? std::optional<std::string>(self->codecId) : std::nullopt;
}
