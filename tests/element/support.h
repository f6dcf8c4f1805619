// SPDX-License-Identifier: Apache-2.0
// What the element's tests stand on: an element with a bus of its own, and somebody upstream.
#pragma once

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "fake_core.h"
#include "glib/handles.h"

namespace kvs::test {

struct MessageUnref {
  void operator()(GstMessage* message) const { gst_message_unref(message); }
};
using MessageRef = std::unique_ptr<GstMessage, MessageUnref>;

/// A source pad in a test's hand: pushes what it is told, answers LATENCY, remembers events.
class Upstream {
 public:
  explicit Upstream(bool live = false, GstClockTime min = 0, GstClockTime max = GST_CLOCK_TIME_NONE);
  ~Upstream();
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  void link(GstPad* sinkPad);
  GstPad* pad() const { return pad_; }

  /// STREAM_START, CAPS, SEGMENT as a parser sends them.
  void begin(const char* caps = avcCaps, guint groupId = 1);
  bool push(GstEvent* event) { return gst_pad_push_event(pad_, event) != FALSE; }
  GstFlowReturn push(GstBuffer* buffer) { return gst_pad_push(pad_, buffer); }
  /// On a thread of its own, for pushes that may wait. Returns when the buffer is at the sink's pad.
  std::future<GstFlowReturn> pushAside(GstBuffer* buffer);

  std::vector<GstEventType> eventsSeen();
  /// The structure of the last custom event, printed; empty where there was none.
  std::string lastCustomEvent();

  static constexpr const char* avcCaps =
      "video/x-h264, stream-format=avc, alignment=au, width=320, height=240, framerate=25/1";

 private:
  static gboolean onQuery(GstPad* pad, GstObject* parent, GstQuery* query);
  static gboolean onEvent(GstPad* pad, GstObject* parent, GstEvent* event);

  GstPad* pad_;
  const bool live_;
  const GstClockTime min_;
  const GstClockTime max_;
  std::mutex mutex_;
  std::vector<GstEventType> events_;
  std::string customEvent_;
};

GstBuffer* makeBuffer(const std::string& bytes, GstClockTime pts = 0, GstClockTime dts = GST_CLOCK_TIME_NONE);
GstEvent* timeSegment(GstClockTime start = 0, gdouble rate = 1.0);

/// A kvssink on a bus, and the core behind it. In NULL at first.
class ElementTest : public testing::Test {
 protected:
  ElementTest();
  ~ElementTest() override;

  GstElement* sink() const { return sink_.get(); }
  GstStateChangeReturn setState(GstState state) { return gst_element_set_state(sink(), state); }
  GstPad* requestPad(const char* name = "video_%u");  ///< the test need not release it
  /// Requests a pad, links `upstream`, and goes to `state`.
  void start(Upstream& upstream, GstState state = GST_STATE_PLAYING);

  /// The next message of these types; fails the test if none comes in time.
  MessageRef waitForMessage(int types);
  /// What is on the bus now.
  MessageRef takeMessage(int types);
  /// The next element message of this name; fails the test if none comes in time.
  MessageRef waitForStructure(const char* name);
  /// Until everything the executor was given before is done.
  void settle();

  FakeCore core;

 private:
  gst::ElementRef sink_;
  GstBus* bus_;
  std::vector<gst::PadRef> pads_;
};

/// The error or warning of a message: domain, code, sentence, debug text.
struct Told {
  GQuark domain = 0;
  gint code = 0;
  std::string text;
  std::string debug;
};
Told toldBy(GstMessage* message);

unsigned threadCount();

}  // namespace kvs::test
