// SPDX-License-Identifier: Apache-2.0
#include "service/put_media_headers.h"

#include <algorithm>
#include <charconv>

namespace kvslocal {
namespace {

using std::chrono::milliseconds;

/// "1700000000.250": seconds and a fraction of any length, of which milliseconds count.
std::optional<WallTime> parseTimestamp(const std::string& text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  std::string fraction = dot < text.size() ? text.substr(dot + 1) : "";
  const auto digits = [](const std::string& part) {
    return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  const std::string whole = text.substr(0, dot);
  if (whole.empty() || whole.size() > 12 || !digits(whole) || !digits(fraction)) return std::nullopt;
  if (dot < text.size() && fraction.empty()) return std::nullopt;
  fraction = (fraction + "000").substr(0, 3);
  std::int64_t value = 0;
  const std::string all = whole + fraction;
  std::from_chars(all.data(), all.data() + all.size(), value);
  return WallTime(milliseconds(value));
}

}  // namespace

Result<PutMediaHeaders> parsePutMediaHeaders(const HttpHead& head) {
  PutMediaHeaders parsed;
  const std::string name = head.header("x-amzn-stream-name").value_or("");
  const std::string arn = head.header("x-amzn-stream-arn").value_or("");
  if (name.empty() && arn.empty()) return failure("x-amzn-stream-name or x-amzn-stream-arn must be given");
  parsed.stream = arn.empty() ? name : arn;
  const std::string type = head.header("x-amzn-fragment-timecode-type").value_or("");
  if (type != "ABSOLUTE" && type != "RELATIVE") {
    return failure("x-amzn-fragment-timecode-type must be ABSOLUTE or RELATIVE, not '" + type + "'");
  }
  parsed.relative = type == "RELATIVE";
  const std::string timestamp = head.header("x-amzn-producer-start-timestamp").value_or("");
  const auto start = parseTimestamp(timestamp);
  if (!start)
    return failure("x-amzn-producer-start-timestamp must be seconds.milliseconds, not '" + timestamp + "'");
  parsed.start = *start;
  const std::string acks = head.header("x-amzn-fragment-acknowledgment-required").value_or("1");
  if (acks != "0" && acks != "1") return failure("x-amzn-fragment-acknowledgment-required must be 0 or 1");
  parsed.acksRequired = acks == "1";
  return parsed;
}

}  // namespace kvslocal
