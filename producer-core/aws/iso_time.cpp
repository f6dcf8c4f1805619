// SPDX-License-Identifier: Apache-2.0
#include "aws/iso_time.h"

namespace kvs::aws {
namespace {

/// Reads from the front of a text; the first mismatch makes all that follows fail.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool good() const { return good_; }
  bool atEnd() const { return rest_.empty(); }

  int number(std::size_t digits) {
    int value = 0;
    for (; digits > 0; --digits)
      value = value * 10 + digit();
    return value;
  }

  bool maybe(char c) {
    if (!good_ || rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) { good_ = maybe(c) && good_; }

  /// What stands behind the point: one to nine digits.
  Nanoseconds fraction() {
    Nanoseconds unit = Seconds(1);
    Nanoseconds value{0};
    do {
      unit /= 10;
      value += unit * digit();
    } while (good_ && unit.count() > 1 && nextIsDigit());
    return value;
  }

 private:
  bool nextIsDigit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }

  int digit() {
    good_ = good_ && nextIsDigit();
    if (!good_) return 0;
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  bool good_ = true;
};

std::optional<std::chrono::sys_days> readDate(Reader& in) {
  const int year = in.number(4);
  in.expect('-');
  const int month = in.number(2);
  in.expect('-');
  const int day = in.number(2);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!in.good() || year < 1970 || year > 2200 || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

/// Second 60 is a leap second, which counts as the next minute's first.
std::optional<Nanoseconds> readTimeOfDay(Reader& in) {
  const int hour = in.number(2);
  in.expect(':');
  const int minute = in.number(2);
  in.expect(':');
  const int second = in.number(2);
  const Nanoseconds fraction = in.maybe('.') ? in.fraction() : Nanoseconds(0);
  if (!in.good() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::hours(hour) + std::chrono::minutes(minute) + Seconds(second) + fraction;
}

/// How far the zone is ahead of UTC.
std::optional<std::chrono::minutes> readZone(Reader& in) {
  if (in.maybe('Z')) return std::chrono::minutes(0);
  const bool behind = in.maybe('-');
  if (!behind) in.expect('+');
  const int hour = in.number(2);
  in.maybe(':');
  const int minute = in.number(2);
  if (!in.good() || hour > 23 || minute > 59) return std::nullopt;
  const std::chrono::minutes ahead(hour * 60 + minute);
  return behind ? -ahead : ahead;
}

}  // namespace

std::optional<WallTime> parseIsoTime(std::string_view text) {
  Reader in(text);
  const auto date = readDate(in);
  in.expect('T');
  const auto time = readTimeOfDay(in);
  const auto zone = readZone(in);
  if (!date || !time || !zone || !in.good() || !in.atEnd()) return std::nullopt;
  const WallTime result = WallTime(*date) + *time - *zone;
  if (result < WallTime()) return std::nullopt;
  return result;
}

}  // namespace kvs::aws
