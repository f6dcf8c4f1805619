// SPDX-License-Identifier: Apache-2.0
#include "aws/acknowledgement.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "aws/json_text.h"
#include "base/redaction.h"

namespace kvs::aws {
namespace {

using nlohmann::json;

Error broken(StatusCode code, std::string message) {
  return {code, ErrorKind::retryable, std::move(message), {}, 0, {}};
}

std::optional<Acknowledgement::Type> typeOf(std::string_view text) {
  struct Entry {
    std::string_view text;
    Acknowledgement::Type type;
  };
  using Type = Acknowledgement::Type;
  constexpr std::array entries{Entry{"BUFFERING", Type::buffering}, Entry{"RECEIVED", Type::received},
                               Entry{"PERSISTED", Type::persisted}, Entry{"ERROR", Type::error},
                               Entry{"IDLE", Type::idle}};
  for (const Entry& entry : entries) {
    if (entry.text == text) return entry.type;
  }
  return std::nullopt;
}

/// What goes into logs and messages: printable and short, whatever the service puts there.
std::string wordOf(std::string_view said) {
  constexpr std::size_t longest = 128;
  std::string word = withoutSecrets(said);
  std::erase_if(word, [](char c) { return c < ' ' || c >= 0x7f; });
  return word.substr(0, longest);
}

bool isDecimal(std::string_view text) {
  constexpr std::size_t longest = 128;
  return text.size() <= longest && text.find_first_not_of("0123456789") == text.npos;
}

/// Nothing also when it does not fit the house's nanoseconds: no fragment of ours has such a time.
std::optional<Milliseconds> timecodeOf(const json& object) {
  constexpr std::int64_t longest = std::chrono::floor<Milliseconds>(Nanoseconds::max()).count();
  const std::optional<std::int64_t> number = integerField(object, "FragmentTimecode");
  if (!number || *number > longest || *number < -longest) return std::nullopt;
  return Milliseconds(*number);
}

/// A decimal of up to 50 digits, so a text; a small one may come as a number.
std::string fragmentNumberOf(const json& object) {
  const auto at = object.find("FragmentNumber");
  if (at == object.end()) return {};
  if (at->is_number_integer()) return toText(*at);
  const std::string number = textField(object, "FragmentNumber");
  return isDecimal(number) ? number : wordOf(number);
}

std::optional<int> errorIdOf(const json& object) {
  const std::optional<std::int64_t> id = integerField(object, "ErrorId");
  if (!id || *id < 0 || *id > std::numeric_limits<int>::max()) return std::nullopt;
  return static_cast<int>(*id);
}

Result<Acknowledgement> parseAcknowledgement(std::string_view text) {
  json object;
  if (!parseJsonObject(text, object)) {
    return fail(broken(StatusCode::invalidAckValueEnd, "An acknowledgement from the service is not JSON."));
  }
  const std::optional<Acknowledgement::Type> type = typeOf(textField(object, "EventType"));
  if (!type) {
    return fail(
        broken(StatusCode::invalidAckType, "An acknowledgement from the service has an unknown EventType."));
  }
  return Acknowledgement{*type, timecodeOf(object), fragmentNumberOf(object), errorIdOf(object),
                         wordOf(textField(object, "ErrorCode"))};
}

bool isBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void remember(std::optional<Error>& first, Error error) {
  if (!first) first = std::move(error);
}

}  // namespace

Result<void> AckParser::feed(ByteView data, std::vector<Acknowledgement>& out) {
  std::optional<Error> firstError;
  for (char c : asText(data))
    take(c, out, firstError);
  if (firstError) return fail(*std::move(firstError));
  return {};
}

void AckParser::take(char c, std::vector<Acknowledgement>& out, std::optional<Error>& firstError) {
  if (depth_ == 0 && c != '{') return takeBetween(c, firstError);
  lost_ = false;
  object_ += c;
  if (inString_) {
    // Only an unescaped quote ends a string; a backslash makes the next character plain.
    if (!escaped_ && c == '"') inString_ = false;
    escaped_ = !escaped_ && c == '\\';
  } else if (c == '"') {
    inString_ = true;
  } else if (c == '{') {
    ++depth_;
  } else if (c == '}' && --depth_ == 0) {
    return endObject(out, firstError);
  }
  if (object_.size() >= maxObjectSize) {
    remember(firstError, broken(StatusCode::invalidAckSegmentLength,
                                "An acknowledgement from the service is longer than 4096 bytes."));
    startOver();
    lost_ = true;
  }
}

void AckParser::takeBetween(char c, std::optional<Error>& firstError) {
  if (isBlank(c) || lost_) return;
  lost_ = true;
  remember(firstError, broken(StatusCode::invalidAckValueEnd,
                              "There is something else between the service's acknowledgements."));
}

void AckParser::endObject(std::vector<Acknowledgement>& out, std::optional<Error>& firstError) {
  Result<Acknowledgement> acknowledgement = parseAcknowledgement(object_);
  if (acknowledgement) {
    out.push_back(*std::move(acknowledgement));
  } else {
    remember(firstError, std::move(acknowledgement.error()));
  }
  startOver();
}

void AckParser::startOver() {
  object_.clear();
  depth_ = 0;
  inString_ = false;
  escaped_ = false;
}

}  // namespace kvs::aws
