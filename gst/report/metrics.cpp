// SPDX-License-Identifier: Apache-2.0
#include "report/metrics.h"

#include "report/signals.h"

namespace kvs::gst {

namespace {
constexpr gint64 interval = G_USEC_PER_SEC;
}

void Metrics::keyFrameTaken() {
  if (!wanted_) return;
  const gint64 now = g_get_monotonic_time();
  const gint64 last = emittedAt_;
  if (last != 0 && now - last < interval) return;
  // Those that are not yet out stand for these.
  if (queued_.exchange(true)) return;
  emittedAt_ = now;
  executor_->post([this] { emit(); });
}

void Metrics::emit() {
  queued_ = false;
  if (areMetricsHeard(element_)) emitMetrics(element_, metricsOf(counts_()).get());
}

}  // namespace kvs::gst
