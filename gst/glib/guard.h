// SPDX-License-Identifier: Apache-2.0
// The border that no exception crosses: GStreamer calls us from C.
#pragma once

#include <gst/gst.h>

#include <exception>

#include "logging/log_sink.h"

namespace kvs::gst {

/// What `work` returns, or `fallback` when it threw (memory ran out; nothing of ours throws).
template <class T, class Work>
T guarded(T fallback, Work&& work) noexcept {
  try {
    return work();
  } catch (const std::exception& error) {
    GST_CAT_ERROR(elementCategory(), "unexpected: %s", error.what());
  } catch (...) {
    GST_CAT_ERROR(elementCategory(), "unexpected exception");
  }
  return fallback;
}

template <class Work>
void guarded(Work&& work) noexcept {
  guarded(true, [&] {
    work();
    return true;
  });
}

}  // namespace kvs::gst
