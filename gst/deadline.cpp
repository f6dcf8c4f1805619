// SPDX-License-Identifier: Apache-2.0
#include "deadline.h"

#include <memory>
#include <utility>

#include "guard.h"
#include "handoff.h"
#include "raii.h"

namespace kvs::gst {

namespace {

using OnDue = std::function<void()>;

gboolean fire(GstClock* /*clock*/, GstClockTime /*time*/, GstClockID /*id*/, gpointer onDue) {
  takeOver(onDue);
  guarded([&] { (*static_cast<OnDue*>(onDue))(); });
  return TRUE;
}

void freeOnDue(gpointer onDue) {
  takeOver(onDue);
  std::unique_ptr<OnDue>(static_cast<OnDue*>(onDue)).reset();
}

}  // namespace

void Deadline::start(Nanoseconds delay, std::function<void()> onDue) {
  cancel();
  const ClockRef clock(gst_system_clock_obtain());
  const GstClockTime due = gst_clock_get_time(clock.get()) + static_cast<GstClockTime>(delay.count());
  id_ = gst_clock_new_single_shot_id(clock.get(), due);
  auto owned = std::make_unique<OnDue>(std::move(onDue));
  handOver(owned.get());
  gst_clock_id_wait_async(id_, &fire, owned.release(), &freeOnDue);
}

void Deadline::cancel() {
  if (!id_) return;
  gst_clock_id_unschedule(id_);
  gst_clock_id_unref(id_);
  id_ = nullptr;
}

}  // namespace kvs::gst
