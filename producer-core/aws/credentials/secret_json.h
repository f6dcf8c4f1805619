// SPDX-License-Identifier: Apache-2.0
// JSON (RFC 8259) that holds secrets: of all that is copied out of the text, every byte is overwritten when
// it goes. A library's parser keeps copies of its own that nobody can overwrite. Inside the room only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/wiping.h"

namespace kvs::aws {

/// An object's texts, numbers and objects by name; of a name that stands there twice the last one. Arrays,
/// true, false and null are read and dropped.
class SecretJson {
 public:
  /// Nothing where the text is not one JSON object, or is nested more than maxJsonDepth deep. UTF-8 in texts
  /// is not checked.
  static std::optional<SecretJson> parse(std::string_view text);

  /// Empty where there is no text of that name.
  std::string_view text(const char* name) const;
  /// The number as it stands there; empty where there is none of that name.
  std::string_view number(const char* name) const;
  /// Null where there is no object of that name.
  const SecretJson* object(const char* name) const;

 private:
  class Reader;
  struct Value {
    enum class Kind { other, text, number, object };
    Kind kind = Kind::other;
    WipingString content;
    std::shared_ptr<const SecretJson> object;
  };
  const Value* find(const char* name, Value::Kind kind) const;

  std::map<WipingString, Value, std::less<>> values_;
};

}  // namespace kvs::aws
