// SPDX-License-Identifier: Apache-2.0
#include "report/warning_limit.h"

#include <algorithm>
#include <utility>

namespace kvs::gst {

namespace {
std::string beginningOf(const std::string& sentence) {
  return sentence.substr(0, std::min<std::size_t>(sentence.find_first_of("0123456789\""), 60));
}
}  // namespace

std::optional<Warning> WarningLimit::add(Warning warning, TimePoint now) {
  if (kinds_.size() >= mostKinds) forgetQuiet(now);
  Kind& kind = kinds_[{warning.error.code, beginningOf(warning.error.message)}];
  if (now < kind.quietUntil || kind.held) {
    warning.count += kind.held ? kind.held->count : 0;
    kind.held = std::move(warning);
    return std::nullopt;
  }
  kind.interval = shortest;  // the last interval passed in silence
  kind.quietUntil = now + kind.interval;
  return warning;
}

std::vector<Warning> WarningLimit::takeDue(TimePoint now) {
  std::vector<Warning> due;
  for (auto& [which, kind] : kinds_) {
    if (!kind.held || now < kind.quietUntil) continue;
    due.push_back(std::move(*std::exchange(kind.held, std::nullopt)));
    kind.interval = std::min(kind.interval * 2, longest);
    kind.quietUntil = now + kind.interval;
  }
  return due;
}

std::vector<Warning> WarningLimit::takeAll() {
  std::vector<Warning> all;
  for (auto& [which, kind] : kinds_) {
    if (kind.held) all.push_back(std::move(*kind.held));
  }
  kinds_.clear();
  return all;
}

void WarningLimit::forgetQuiet(TimePoint now) {
  std::erase_if(kinds_, [now](const auto& entry) {
    const Kind& kind = entry.second;
    return !kind.held && now >= kind.quietUntil;
  });
}

std::optional<TimePoint> WarningLimit::nextDue() const {
  std::optional<TimePoint> next;
  for (const auto& [which, kind] : kinds_) {
    if (kind.held && (!next || kind.quietUntil < *next)) next = kind.quietUntil;
  }
  return next;
}

}  // namespace kvs::gst
