// SPDX-License-Identifier: Apache-2.0
#include "report/losses.h"

#include <utility>

#include "logging/log_sink.h"
#include "report/errors.h"

namespace kvs::gst {

namespace {

constexpr gint64 interval = G_USEC_PER_SEC;  // at most one message about losses in this time

}  // namespace

void Losses::add(const FragmentLost& lost) {
  std::optional<LossSum> other;  // losses of one reason stand in one message
  bool due = false;
  {
    const Lock lock(mutex_);
    LossSum& losses = held_.fragments;
    if (losses.fragments > 0 && losses.reason != lost.reason) other = std::exchange(losses, {});
    losses.add(lost);
    due = isDue();
  }
  if (other) gst::post(element_, structureOf(*other));
  if (due) flush();
}

void Losses::add(const FramesDropped& dropped) {
  bool due = false;
  {
    const Lock lock(mutex_);
    held_.frames[dropped.why].add(dropped);
    due = isDue();
  }
  if (due) flush();
}

bool Losses::isDue() {
  const gint64 next = posted_ ? *posted_ + interval : 0;
  const gint64 now = g_get_monotonic_time();
  if (now >= next) return true;
  if (!std::exchange(isSet_, true)) due_.start(std::chrono::microseconds(next - now), [this] { flush(); });
  return false;
}

Losses::Sums Losses::take() {
  const Lock lock(mutex_);
  isSet_ = false;
  due_.cancel();
  if (!held_.empty()) posted_ = g_get_monotonic_time();
  return std::exchange(held_, {});
}

void Losses::flush() {
  const Sums sums = take();
  for (const auto& [why, dropped] : sums.frames)
    post(dropped);
  if (sums.fragments.fragments == 0) return;
  gst::post(element_, structureOf(sums.fragments));
  warn(sums.fragments);
}

void Losses::reset() {
  const Lock lock(mutex_);
  isSet_ = false;
  due_.cancel();
  posted_.reset();
  held_ = {};
}

void Losses::post(const FramesDropped& dropped) const {
  GST_CAT_WARNING_OBJECT(elementCategory(), element_, "%" G_GUINT64_FORMAT " frames not taken: %s",
                         static_cast<guint64>(dropped.count), explain(dropped.why));
  gst::post(element_, structureOf(dropped));
}

void Losses::warn(const LossSum& losses) {
  // What stopping leaves behind has a warning of its own (EndOfStream::warnOfRest), and so has a refusal.
  using Reason = FragmentLost::Reason;
  if (losses.reason == Reason::stopped || losses.reason == Reason::refused) return;
  const std::string sentence =
      sentenceOf(losses) + " The messages kvssink-fragment-lost report each of them.";
  warnings_.add({GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT},
                elementError(StatusCode::storeOutOfMemory, sentence));
}

}  // namespace kvs::gst
