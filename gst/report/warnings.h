// SPDX-License-Identifier: Apache-2.0
// The element's warnings on the bus, no more often than they help.
#pragma once

#include <gst/gst.h>

#include <memory>

#include "base/mutex.h"
#include "report/errors.h"
#include "report/warning_limit.h"
#include "threads/deadline.h"

namespace kvs::gst {

/// A part of the Reporter. Any thread, with no lock held.
class Warnings {
 public:
  Warnings(GstElement* element, std::shared_ptr<ElementExecutor> executor)
      : element_(element), due_(std::move(executor)) {}

  /// Posts the first of a kind at once, the others together and later.
  void add(ErrorCode code, const Error& error);
  void add(const Error& error) { add(errorCodeOf(error), error); }
  /// Posts what was held back.
  void flush();

 private:
  void postDue();
  void schedule() KVS_REQUIRES(mutex_);
  void post(const Warning& warning) const;

  GstElement* const element_;
  Mutex mutex_{"warnings"};
  WarningLimit limit_ KVS_GUARDED_BY(mutex_);
  Deadline due_ KVS_GUARDED_BY(mutex_);
};

}  // namespace kvs::gst
