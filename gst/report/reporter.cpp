// SPDX-License-Identifier: Apache-2.0
#include "report/reporter.h"

#include <utility>

#include "logging/log_sink.h"
#include "report/errors.h"
#include "report/signals.h"
#include "sink.h"

namespace kvs::gst {

namespace {

constexpr gint64 lossInterval = G_USEC_PER_SEC;  // at most one message about losses in this time

}  // namespace

void Reporter::post(StructureRef structure) {
  if (const ElementRef element = element_->lock()) gst::post(element.get(), std::move(structure));
}

void Reporter::postState(StructureRef state) {
  const ElementRef element = element_->lock();
  if (!element) return;
  // Not a copy for the signal and another for the bus: a handler may keep its own.
  const StructureRef payload(gst_structure_copy(state.get()));
  gst::post(element.get(), std::move(state));
  emitConnectionState(element.get(), payload.get());
}

void Reporter::onConnection(const ConnectionChange& change) {
  if (const ElementRef element = element_->lock()) sinkOf(element.get()).connectionChanged(*this, change);
  postState(structureOf(change));
}

void Reporter::onConnectionStale(Nanoseconds age) {
  postState(staleConnection(age));
}

void Reporter::onFragmentAck(const FragmentAck& ack) {
  const ElementRef element = element_->lock();
  if (!element) return;
  // A session that lived its 45 minutes ends by an error acknowledgement, too: that is no error.
  const bool isError =
      ack.type == FragmentAck::Type::error && ack.code != StatusCode::ackConnectionDurationReached;
  if (isError) sinkOf(element.get()).setErrorDetail(ack.message);
  emitFragmentAck(element.get(), ack);
  if (isError) emitStreamError(element.get(), ack.code);
}

// --- losses: many in one message ---

void Reporter::onFragmentLost(const FragmentLost& lost) {
  std::optional<LossSum> other;  // losses of one reason stand in one message
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    LossSum& losses = untold_.losses;
    if (losses.fragments > 0 && losses.reason != lost.reason) other = std::exchange(losses, {});
    losses.add(lost);
    due = isDue();
  }
  if (other) post(structureOf(*other));
  if (due) tellLosses();
  if (const ElementRef element = element_->lock()) emitFragmentLost(element.get(), lost);
}

void Reporter::onFramesDropped(const FramesDropped& dropped) {
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    untold_.skipped[dropped.why].add(dropped);
    due = isDue();
  }
  if (due) tellLosses();
}

/// Whether a message may be posted now; else it is seen to that one will be.
bool Reporter::isDue() {
  const gint64 next = told_ ? *told_ + lossInterval : 0;
  const gint64 now = g_get_monotonic_time();
  if (now >= next) return true;
  if (std::exchange(isSet_, true)) return false;
  due_.start(std::chrono::microseconds(next - now), [weak = weak_from_this(), executor = executor_] {
    executor->post([weak] {
      if (const auto self = weak.lock()) self->tellLosses();
    });
  });
  return false;
}

Reporter::Untold Reporter::takeUntold() {
  const std::lock_guard lock(mutex_);
  isSet_ = false;
  due_.cancel();
  if (!untold_.empty()) told_ = g_get_monotonic_time();
  return std::exchange(untold_, {});
}

void Reporter::tellLosses() {
  const Untold untold = takeUntold();
  for (const auto& [why, skipped] : untold.skipped) {
    if (const ElementRef element = element_->lock()) {
      GST_CAT_WARNING_OBJECT(elementCategory(), element.get(), "%" G_GUINT64_FORMAT " frames not taken: %s",
                             static_cast<guint64>(skipped.count), explain(why));
    }
    post(structureOf(skipped));
  }
  if (untold.losses.fragments == 0) return;
  post(structureOf(untold.losses));
  warn(untold.losses);
}

void Reporter::warn(const LossSum& losses) {
  // What stopping leaves behind has a warning of its own (Sink::tellLeftBehind), and so has a refusal.
  using Reason = FragmentLost::Reason;
  if (losses.reason == Reason::stopped || losses.reason == Reason::refused) return;
  const ElementRef element = element_->lock();
  if (!element) return;
  const std::string sentence =
      sentenceOf(losses) + " The messages kvssink-fragment-lost report each of them.";
  sinkOf(element.get())
      .announcer()
      .warn({GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT},
            elementError(StatusCode::storeOutOfMemory, sentence));
}

// --- what is told as it comes ---

void Reporter::onFragmentRefused(const FragmentRefused& refused) {
  post(structureOf(refused));
}

void Reporter::onStoragePressure(const Pressure& pressure) {
  post(structureOf(pressure, "storage"));
}

void Reporter::onLatencyPressure(const Pressure& pressure) {
  post(structureOf(pressure, "latency"));
}

void Reporter::onCredentials(const CredentialsTaken& taken) {
  post(structureOf(taken));
}

void Reporter::onCodecChanged(const CodecChange& change) {
  post(structureOf(change));
  if (const ElementRef element = element_->lock()) sinkOf(element.get()).codecChanged(*this, change.track);
}

void Reporter::onTimeRepaired(const TimeRepair& repair) {
  post(structureOf(repair));
}

void Reporter::onTrackSilence(const TrackSilence& silence) {
  post(structureOf(silence));
}

void Reporter::onKeyFrameWanted(std::uint32_t track) {
  if (const ElementRef element = element_->lock()) sinkOf(element.get()).keyFrameWanted(*this, track);
}

void Reporter::onWarning(const Error& error) {
  if (const ElementRef element = element_->lock()) sinkOf(element.get()).announcer().warn(error);
}

void Reporter::onError(const Error& error) {
  tellLosses();  // behind the error few go on to read
  const ElementRef element = element_->lock();
  if (!element) return;
  sinkOf(element.get()).streamFailed(*this, error);
  emitStreamError(element.get(), error.code);
}

void Reporter::onDrained() {
  tellLosses();
  if (const ElementRef element = element_->lock()) sinkOf(element.get()).streamDrained(*this);
}

void Reporter::onStreamClosed() {
  tellLosses();
}

}  // namespace kvs::gst
