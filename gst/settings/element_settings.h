// SPDX-License-Identifier: Apache-2.0
// The element's settings, as its properties are set and read.
#pragma once

#include <gst/gst.h>

#include "glib/handles.h"
#include "settings/properties.h"
#include "settings/settings.h"

namespace kvs::gst {

/// Owned by the Sink; guarded by the element's object lock, as GStreamer's own fields are. Any thread.
class ElementSettings {
 public:
  explicit ElementSettings(GstElement* element) : element_(element), settings_(defaultSettings()) {}

  void set(guint id, const GValue& value) {
    const ObjectLock lock(element_);
    setProperty(settings_, id, value);
  }
  /// False for what is not read from the settings.
  bool get(guint id, GValue& value) const {
    const ObjectLock lock(element_);
    return getProperty(settings_, id, value);
  }
  Settings copy() const {
    const ObjectLock lock(element_);
    return settings_;
  }
  template <class T>
  T valueOf(T Settings::*field) const {
    const ObjectLock lock(element_);
    return settings_.*field;
  }

 private:
  GstElement* const element_;
  Settings settings_;
};

}  // namespace kvs::gst
