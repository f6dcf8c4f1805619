// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/secret_json.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "aws/json_text.h"

namespace kvs::aws {
namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

void appendUtf8(WipingString& out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

}  // namespace

/// Goes through the text once; each function takes what it reads, and is false where that is not there.
class SecretJson::Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool whole(SecretJson& out) {
    skipBlanks();
    return object(out, 1) && rest_.empty();
  }

 private:
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void skipBlanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  /// Takes `item`, comma and `item` until `close`, blanks in between.
  template <class Item>
  bool list(char close, Item item) {
    skipBlanks();
    if (take(close)) return true;
    do {
      skipBlanks();
      if (!item()) return false;
      skipBlanks();
    } while (take(','));
    return take(close);
  }

  bool object(SecretJson& out, int depth) {
    if (depth > maxJsonDepth || !take('{')) return false;
    const bool good = list('}', [&] {
      WipingString name;
      if (!string(name)) return false;
      skipBlanks();
      return take(':') && value(out.values_[name] = {}, depth + 1);
    });
    skipBlanks();
    return good;
  }

  bool value(Value& out, int depth) {
    skipBlanks();
    if (rest_.empty() || depth > maxJsonDepth + 1) return false;
    switch (rest_.front()) {
      case '{': {
        const auto inner = std::make_shared<SecretJson>();
        out.kind = Value::Kind::object;
        out.object = inner;
        return object(*inner, depth);
      }
      case '[': {
        take('[');
        Value dropped;
        return depth <= maxJsonDepth && list(']', [&] { return value(dropped = {}, depth + 1); });
      }
      case '"':
        out.kind = Value::Kind::text;
        return string(out.content);
      default:
        return word("true") || word("false") || word("null") || number(out);
    }
  }

  bool word(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }

  /// RFC 8259, 6.
  bool number(Value& out) {
    const std::string_view begin = rest_;
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    out.kind = Value::Kind::number;
    out.content = begin.substr(0, begin.size() - rest_.size());
    return true;
  }

  bool digits() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && isDigit(rest_.front()))
      rest_.remove_prefix(1);
    return rest_.size() < before;
  }

  /// RFC 8259, 7.
  bool string(WipingString& out) {
    if (!take('"')) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        out += c;
      } else if (!escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool escape(WipingString& out) {
    constexpr std::string_view names = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (take('u')) return codePoint(out);
    const std::size_t which = rest_.empty() ? names.npos : names.find(rest_.front());
    if (which == names.npos) return false;
    rest_.remove_prefix(1);
    out += meanings[which];
    return true;
  }

  /// A character beyond the first 65536 is written as two halves.
  bool codePoint(WipingString& out) {
    const auto first = fourDigits();
    if (!first || (*first >= 0xDC00 && *first <= 0xDFFF)) return false;
    if (*first < 0xD800 || *first > 0xDBFF) return appendUtf8(out, *first), true;
    const auto second = word("\\u") ? fourDigits() : std::nullopt;
    if (!second || *second < 0xDC00 || *second > 0xDFFF) return false;
    appendUtf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
    return true;
  }

  std::optional<std::uint32_t> fourDigits() {
    std::uint32_t code = 0;
    const std::string_view digits = rest_.substr(0, 4);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
    if (digits.size() < 4 || error != std::errc() || end != digits.data() + 4) return std::nullopt;
    rest_.remove_prefix(4);
    return code;
  }

  std::string_view rest_;
};

std::optional<SecretJson> SecretJson::parse(std::string_view text) {
  SecretJson json;
  if (!Reader(text).whole(json)) return std::nullopt;
  return json;
}

const SecretJson::Value* SecretJson::find(const char* name, Value::Kind kind) const {
  const auto at = values_.find(std::string_view(name));
  return at == values_.end() || at->second.kind != kind ? nullptr : &at->second;
}

std::string_view SecretJson::text(const char* name) const {
  const Value* value = find(name, Value::Kind::text);
  return value ? std::string_view(value->content) : std::string_view();
}

std::string_view SecretJson::number(const char* name) const {
  const Value* value = find(name, Value::Kind::number);
  return value ? std::string_view(value->content) : std::string_view();
}

const SecretJson* SecretJson::object(const char* name) const {
  const Value* value = find(name, Value::Kind::object);
  return value ? value->object.get() : nullptr;
}

}  // namespace kvs::aws
