// SPDX-License-Identifier: Apache-2.0
#include "glib/text_fields.h"

namespace kvs::gst {

namespace {

std::string textOf(const GValue& value) {
  if (G_VALUE_HOLDS_STRING(&value)) {
    const gchar* string = g_value_get_string(&value);
    return string ? string : "";
  }
  const Text text(gst_value_serialize(&value));
  return text ? text.get() : "";
}

}  // namespace

std::vector<Tag> textFieldsOf(const GstStructure* structure) {
  std::vector<Tag> fields;
  const gint count = structure ? gst_structure_n_fields(structure) : 0;
  for (gint i = 0; i < count; ++i) {
    const gchar* name = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    fields.push_back({name, textOf(*gst_structure_get_value(structure, name))});
  }
  return fields;
}

std::map<std::string, std::string> textMapOf(const GstStructure* structure) {
  std::map<std::string, std::string> fields;
  for (Tag& field : textFieldsOf(structure))
    fields[field.name] = std::move(field.value);
  return fields;
}

StructureRef structureOf(const char* name, const std::map<std::string, std::string>& fields) {
  StructureRef structure(gst_structure_new_empty(name));
  for (const auto& [field, value] : fields) {
    gst_structure_set(structure.get(), field.c_str(), G_TYPE_STRING, value.c_str(), nullptr);
  }
  return structure;
}

}  // namespace kvs::gst
