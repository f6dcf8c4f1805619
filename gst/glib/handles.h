// SPDX-License-Identifier: Apache-2.0
// Owners of GStreamer's and GLib's handles, so that no path forgets to give one back.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <utility>
#include <vector>

#include "glib/handoff.h"

namespace kvs::gst {

struct ObjectUnref {
  void operator()(gpointer object) const {
    handOver(object);  // to whoever lets go last, and frees it
    gst_object_unref(object);
  }
};
struct MiniObjectUnref {
  template <class T>
  void operator()(T* object) const {
    gst_mini_object_unref(GST_MINI_OBJECT_CAST(object));
  }
};
struct StructureFree {
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
};
struct Free {
  void operator()(gpointer memory) const { g_free(memory); }
};

using ElementRef = std::unique_ptr<GstElement, ObjectUnref>;
using PadRef = std::unique_ptr<GstPad, ObjectUnref>;
using ClockRef = std::unique_ptr<GstClock, ObjectUnref>;
using BufferRef = std::unique_ptr<GstBuffer, MiniObjectUnref>;
using EventRef = std::unique_ptr<GstEvent, MiniObjectUnref>;
using QueryRef = std::unique_ptr<GstQuery, MiniObjectUnref>;
using StructureRef = std::unique_ptr<GstStructure, StructureFree>;
using Text = std::unique_ptr<gchar, Free>;

/// GStreamer's own lock of an object: it is taken before any lock of the core.
class ObjectLock {
 public:
  explicit ObjectLock(gpointer object) : object_(GST_OBJECT(object)) {
    GST_OBJECT_LOCK(object_);
    takeOver(GST_OBJECT_GET_LOCK(object_));
  }
  ~ObjectLock() {
    handOver(GST_OBJECT_GET_LOCK(object_));
    GST_OBJECT_UNLOCK(object_);
  }
  ObjectLock(const ObjectLock&) = delete;
  ObjectLock& operator=(const ObjectLock&) = delete;

 private:
  GstObject* const object_;
};

/// An element and the bins above it, alive. A message that is posted passes through each of them, while the
/// application may let go of the pipeline.
class Lineage {
 public:
  explicit Lineage(ElementRef element) : element_(std::move(element)) {
    GstObject* bin = gst_object_get_parent(GST_OBJECT(element_.get()));
    for (; bin; bin = gst_object_get_parent(bin))
      bins_.emplace_back(bin);
  }

 private:
  ElementRef element_;
  std::vector<std::unique_ptr<GstObject, ObjectUnref>> bins_;
};

/// An element that others may outlive: what the core's side holds instead of a reference.
class WeakElement {
 public:
  explicit WeakElement(GstElement* element) { g_weak_ref_init(&ref_, element); }
  ~WeakElement() { g_weak_ref_clear(&ref_); }
  WeakElement(const WeakElement&) = delete;
  WeakElement& operator=(const WeakElement&) = delete;

  /// Null when the element is gone, or going.
  ElementRef lock() const { return ElementRef(static_cast<GstElement*>(g_weak_ref_get(&ref_))); }

 private:
  mutable GWeakRef ref_;
};

}  // namespace kvs::gst
