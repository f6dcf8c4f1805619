// SPDX-License-Identifier: Apache-2.0
// The element's properties: one table says name, type, unit, default, range, when it may change, what
// it does, and where it lands in the Settings. All else here walks that table.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "settings/settings.h"

namespace kvs::gst {

struct TextSlot {
  std::string Settings::*field;
  const char* standard;
};
/// A text that counts only when it was set.
struct OptionalTextSlot {
  std::optional<std::string> Settings::*field;
  const char* standard;
};
/// Can be written, and never be read back.
struct SecretSlot {
  Secret Settings::*field;
};
struct FlagSlot {
  bool Settings::*field;
  bool standard;
};
/// A flag that counts only when it was set.
struct OptionalFlagSlot {
  std::optional<bool> Settings::*field;
  bool standard;
};
struct NumberSlot {
  unsigned Settings::*field;
  unsigned standard;
  unsigned least;
  unsigned most;
};
/// A number that counts only when it was set.
struct OptionalNumberSlot {
  std::optional<unsigned> Settings::*field;
  unsigned standard;
  unsigned least;
  unsigned most;
};
struct LargeNumberSlot {
  std::uint64_t Settings::*field;
  std::uint64_t standard;
  std::uint64_t most;
};
struct EnumSlot {
  int Settings::*field;
  GType (*type)();
  int standard;
};
/// A GstStructure of strings.
struct TextMapSlot {
  std::map<std::string, std::string> Settings::*field;
};
/// Read from the stream, not from the settings.
struct StatsSlot {};
/// The same in a few words.
struct StatusSlot {};
/// The last error's sentence, which is the element's, too.
struct DetailSlot {};

using Slot = std::variant<TextSlot, OptionalTextSlot, SecretSlot, FlagSlot, OptionalFlagSlot, NumberSlot,
                          OptionalNumberSlot, LargeNumberSlot, EnumSlot, TextMapSlot, StatusSlot, StatsSlot,
                          DetailSlot>;

enum class MutableWhen { ready, playing, never };

struct Property {
  const char* name;
  const char* unit;  ///< empty where it has none
  MutableWhen mutableWhen;
  Slot slot;
  const char* blurb;
};

/// In the order of their ids, which begin at 1.
std::span<const Property> properties();

void installProperties(GObjectClass* objectClass);
Settings defaultSettings();

/// `id` is one of the table, `value` of the property's type.
void setProperty(Settings& settings, guint id, const GValue& value);
/// False for what is not read from the settings (StatsSlot, StatusSlot, DetailSlot).
bool getProperty(const Settings& settings, guint id, GValue& value);

}  // namespace kvs::gst
