// SPDX-License-Identifier: Apache-2.0
#include "upload/refusals.h"

namespace kvs::upload {

namespace {
constexpr unsigned mostInARow = 3;
constexpr std::size_t mostInAWindow = 5;
constexpr Seconds window{60};
}  // namespace

Refusals::Verdict Refusals::judge(const event::AckRefused& refusal, TimePoint now) {
  const auto& fragment = refusal.fragment;
  if (refusal.policy == aws::AckPolicy::setAside) return setAside(refusal, now);
  if (refusal.policy == aws::AckPolicy::resendWithoutTags) {
    if (fragment ? suspect_ == fragment : suspectUnknown_) return setAside(refusal, now);
    suspect_ = fragment;
    suspectUnknown_ = !fragment;
    return Verdict::stripTags;
  }
  if (!fragment || suspect_ == fragment) {
    suspect_.reset();
    return setAside(refusal, now);
  }
  suspect_ = fragment;
  return Verdict::resend;
}

/// Where no fragment is named nothing is skipped the first time, the oldest one the second.
Refusals::Verdict Refusals::setAside(const event::AckRefused& refusal, TimePoint now) {
  if (!refusal.fragment && !std::exchange(suspectUnknown_, true)) return Verdict::resend;
  suspectUnknown_ = false;
  suspect_.reset();
  return areTooMany(refusal.error.code, now) ? Verdict::giveUp : Verdict::setAside;
}

bool Refusals::areTooMany(StatusCode code, TimePoint now) {
  sameInARow_ = code == last_ ? sameInARow_ + 1 : 1;
  last_ = code;
  recent_.push_back(now);
  while (now - recent_.front() > window)
    recent_.pop_front();
  return sameInARow_ >= mostInARow || recent_.size() >= mostInAWindow;
}

void Refusals::persisted() {
  sameInARow_ = 0;
  suspectUnknown_ = kmsFailed_ = clockRefused_ = false;
}

}  // namespace kvs::upload
