// SPDX-License-Identifier: Apache-2.0
// Metadata and events of fragments, as applications give them: by custom events, by signals, by the property
// `metadata`. Tags (GstTagList) are none of them.
#pragma once

#include <gst/gst.h>

#include "base/tag.h"
#include "pads/flow.h"
#include "report/warnings.h"

namespace kvs::gst {

/// Owned by the Sink. Any thread. Functions return false where it was not taken, and a warning says why.
class Metadata {
 public:
  Metadata(Flow& flow, Warnings& warnings) : flow_(flow), warnings_(warnings) {}

  bool add(Tag tag, bool persistent);
  bool addEvent(const GstStructure* structure);

  /// Whether it is a custom event `kvs-add-metadata` or `kvs-add-event`.
  static bool isMetadata(GstEvent* event);
  bool take(GstEvent* event);

 private:
  bool add(const GstStructure* structure);
  bool refuse(const Error& error);

  Flow& flow_;
  Warnings& warnings_;
};

}  // namespace kvs::gst
