// SPDX-License-Identifier: Apache-2.0
#include "reporter.h"

#include <utility>

#include "errors.h"
#include "log_sink.h"
#include "signals.h"
#include "sink.h"

namespace kvs::gst {

namespace {

constexpr gint64 lossInterval = G_USEC_PER_SEC;  // at most one message about losses in this time

ErrorCode codeOf(FragmentLost::Reason reason) {
  const bool refused = reason == FragmentLost::Reason::refused;
  return {GST_RESOURCE_ERROR, refused ? GST_RESOURCE_ERROR_WRITE : GST_RESOURCE_ERROR_NO_SPACE_LEFT};
}

}  // namespace

void Reporter::post(StructureRef structure) {
  if (const ElementRef element = element_->lock()) gst::post(element.get(), std::move(structure));
}

void Reporter::onConnection(const ConnectionChange& change) {
  post(structureOf(change));
}

void Reporter::onFragmentAck(const FragmentAck& ack) {
  const ElementRef element = element_->lock();
  if (!element) return;
  emitFragmentAck(element.get(), ack);
  // A session that lived its 45 minutes ends by an error acknowledgement, too: that is no error.
  if (ack.type == FragmentAck::Type::error && ack.code != StatusCode::ackConnectionDurationReached) {
    emitStreamError(element.get(), ack.code);
  }
}

void Reporter::onFragmentLost(const FragmentLost& lost) {
  std::optional<LossSum> other;  // losses of one reason stand in one message
  bool due = false;
  {
    const std::lock_guard lock(mutex_);
    if (losses_.fragments > 0 && losses_.reason != lost.reason) other = std::exchange(losses_, {});
    losses_.add(lost);
    due = !told_ || g_get_monotonic_time() - *told_ >= lossInterval;
  }
  if (other) post(structureOf(*other));
  if (due) tellLosses();
}

std::optional<LossSum> Reporter::takeLosses() {
  const std::lock_guard lock(mutex_);
  if (losses_.fragments == 0) return std::nullopt;
  told_ = g_get_monotonic_time();
  return std::exchange(losses_, {});
}

void Reporter::tellLosses() {
  const std::optional<LossSum> losses = takeLosses();
  if (!losses) return;
  post(structureOf(*losses));
  warnOnce(*losses);
}

void Reporter::warnOnce(const LossSum& losses) {
  // What stopping leaves behind has a warning of its own (Sink::tellLeftBehind).
  if (losses.reason == FragmentLost::Reason::stopped) return;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(warned_, true)) return;
  }
  const ElementRef element = element_->lock();
  if (!element) return;
  const std::string sentence =
      sentenceOf(losses) + " This is said once; kvssink-fragment-lost messages tell of the rest.";
  postWarning(element.get(), codeOf(losses.reason), elementError(StatusCode::storeOutOfMemory, sentence));
}

void Reporter::onFramesDropped(std::uint64_t count, FrameFate why) {
  const ElementRef element = element_->lock();
  if (!element) return;
  GST_CAT_WARNING_OBJECT(elementCategory(), element.get(), "%" G_GUINT64_FORMAT " frames not taken: %s",
                         static_cast<guint64>(count), explain(why));
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

void Reporter::onWarning(const Error& error) {
  if (const ElementRef element = element_->lock()) postWarning(element.get(), error);
}

void Reporter::onError(const Error& error) {
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
