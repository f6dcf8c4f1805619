// SPDX-License-Identifier: Apache-2.0
// What the element tells of its stream: counts and metrics, errors, how the connection stands.
#include "report/signals.h"
#include "sink.h"

namespace kvs::gst {

namespace {
constexpr gint64 metricsInterval = G_USEC_PER_SEC;
}

Counts Sink::counts() const {
  Session session;
  {
    const std::lock_guard lock(mutex_);
    session = session_.stream ? session_ : former_;
  }
  Counts counts;
  if (session.stream) counts.stream = session.stream->stats();
  if (session.producer) counts.producer = session.producer->stats();
  counts.framesClipped = clipped_;
  return counts;
}

void Sink::tellMetrics() {
  if (!metricsWanted_) return;
  const gint64 now = g_get_monotonic_time();
  const gint64 last = metricsAt_;
  if (last != 0 && now - last < metricsInterval) return;
  // Those that are not yet out stand for these.
  if (metricsQueued_.exchange(true)) return;
  metricsAt_ = now;
  executor_->post([weak = weak_] {
    if (const ElementRef element = weak->lock()) sinkOf(element.get()).emitMetricsNow();
  });
}

void Sink::emitMetricsNow() {
  metricsQueued_ = false;
  if (areMetricsHeard(element_)) emitMetrics(element_, metricsOf(counts()).get());
}

void Sink::setErrorDetail(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  errorDetail_ = sentence;
}

void Sink::connectionChanged(const Reporter& reporter, const ConnectionChange& change) {
  if (isCurrent(reporter)) announcer_->connection(change);
}

bool Sink::isCurrent(const Reporter& reporter) const {
  const std::lock_guard lock(mutex_);
  return session_.reporter.get() == &reporter;
}

void Sink::streamFailed(const Reporter& reporter, const Error& error) {
  if (isCurrent(reporter)) fail(error);
}

}  // namespace kvs::gst
