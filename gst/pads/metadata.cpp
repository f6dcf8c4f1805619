// SPDX-License-Identifier: Apache-2.0
#include "pads/metadata.h"

#include <optional>
#include <utility>

#include "glib/text_fields.h"
#include "report/errors.h"

namespace kvs::gst {

namespace {

constexpr const char* addMetadataName = "kvs-add-metadata";
constexpr const char* addEventName = "kvs-add-event";

std::optional<FragmentEvent::Type> typeOf(const GstStructure* structure) {
  const gchar* type = gst_structure_get_string(structure, "type");
  if (g_strcmp0(type, "notification") == 0) return FragmentEvent::Type::notification;
  if (g_strcmp0(type, "image-generation") == 0) return FragmentEvent::Type::imageGeneration;
  return std::nullopt;
}

}  // namespace

bool Metadata::refuse(const Error& error) {
  warnings_.add(error);
  return false;
}

bool Metadata::add(Tag tag, bool persistent) {
  const auto stream = flow_.stream();
  if (!stream) return false;
  const auto added = stream->putMetadata(std::move(tag), persistent);
  return added || refuse(added.error());
}

bool Metadata::add(const GstStructure* structure) {
  const gchar* name = gst_structure_get_string(structure, "name");
  const gchar* value = gst_structure_get_string(structure, "value");
  gboolean persist = FALSE;
  gst_structure_get_boolean(structure, "persist", &persist);
  if (name && value) return add({name, value}, persist != FALSE);
  return refuse(elementError(
      StatusCode::invalidMetadataName,
      "An event kvs-add-metadata needs the fields name and value, both strings; this one was not accepted."));
}

bool Metadata::addEvent(const GstStructure* structure) {
  const auto stream = flow_.stream();
  if (!stream) return false;
  const auto type = typeOf(structure);
  if (!type) {
    return refuse(elementError(StatusCode::invalidMetadataName,
                               "An event kvs-add-event needs the field type, notification or "
                               "image-generation; this one was not accepted."));
  }
  FragmentEvent event{.type = *type, .imagePrefix = {}, .pairs = {}};
  if (const gchar* prefix = gst_structure_get_string(structure, "image-prefix")) event.imagePrefix = prefix;
  const GValue* pairs = gst_structure_get_value(structure, "pairs");
  if (pairs && GST_VALUE_HOLDS_STRUCTURE(pairs)) event.pairs = textFieldsOf(gst_value_get_structure(pairs));
  const auto added = stream->putEvent(std::move(event));
  return added || refuse(added.error());
}

bool Metadata::isMetadata(GstEvent* event) {
  return gst_event_has_name(event, addMetadataName) || gst_event_has_name(event, addEventName);
}

bool Metadata::take(GstEvent* event) {
  const GstStructure* structure = gst_event_get_structure(event);
  return gst_event_has_name(event, addEventName) ? addEvent(structure) : add(structure);
}

}  // namespace kvs::gst
