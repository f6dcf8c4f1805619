// SPDX-License-Identifier: Apache-2.0
#include "support.h"

#include <filesystem>

namespace kvs::test {

Upstream::Upstream(bool live, GstClockTime min, GstClockTime max)
    : pad_(gst_pad_new("src", GST_PAD_SRC)), live_(live), min_(min), max_(max) {
  gst_object_ref_sink(pad_);
  gst_pad_set_element_private(pad_, this);
  gst_pad_set_query_function(pad_, &Upstream::onQuery);
  gst_pad_set_event_function(pad_, &Upstream::onEvent);
  gst_pad_set_active(pad_, TRUE);
}

Upstream::~Upstream() {
  gst_pad_set_active(pad_, FALSE);
  if (const gst::PadRef peer{gst_pad_get_peer(pad_)}) gst_pad_unlink(pad_, peer.get());
  gst_object_unref(pad_);
}

void Upstream::link(GstPad* sinkPad) {
  ASSERT_EQ(gst_pad_link(pad_, sinkPad), GST_PAD_LINK_OK);
}

void Upstream::begin(const char* caps, guint groupId) {
  GstEvent* start = gst_event_new_stream_start("test");
  gst_event_set_group_id(start, groupId);
  push(start);
  GstCaps* parsed = gst_caps_from_string(caps);
  push(gst_event_new_caps(parsed));
  gst_caps_unref(parsed);
  push(timeSegment());
}

std::future<GstFlowReturn> Upstream::pushAside(GstBuffer* buffer) {
  auto arrived = std::make_shared<std::promise<void>>();
  std::future<void> atThePad = arrived->get_future();
  const gst::PadRef peer(gst_pad_get_peer(pad_));
  gst_pad_add_probe(
      peer.get(), GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad*, GstPadProbeInfo*, gpointer promise) {
        (*static_cast<std::shared_ptr<std::promise<void>>*>(promise))->set_value();
        return GST_PAD_PROBE_REMOVE;
      },
      std::make_unique<std::shared_ptr<std::promise<void>>>(arrived).release(),
      [](gpointer promise) {
        std::unique_ptr<std::shared_ptr<std::promise<void>>>(
            static_cast<std::shared_ptr<std::promise<void>>*>(promise))
            .reset();
      });
  auto result = std::async(std::launch::async, [this, buffer] { return push(buffer); });
  EXPECT_EQ(atThePad.wait_for(patience), std::future_status::ready);
  return result;
}

std::vector<GstEventType> Upstream::eventsSeen() {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::string Upstream::lastCustomEvent() {
  const std::lock_guard lock(mutex_);
  return customEvent_;
}

gboolean Upstream::onQuery(GstPad* pad, GstObject* parent, GstQuery* query) {
  const Upstream& self = *static_cast<Upstream*>(gst_pad_get_element_private(pad));
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_LATENCY:
      gst_query_set_latency(query, self.live_, self.min_, self.max_);
      return TRUE;
    case GST_QUERY_SEEKING:
      gst_query_set_seeking(query, GST_FORMAT_TIME, !self.live_, 0, GST_SECOND);
      return TRUE;
    default:
      return gst_pad_query_default(pad, parent, query);
  }
}

gboolean Upstream::onEvent(GstPad* pad, GstObject* /*parent*/, GstEvent* event) {
  Upstream& self = *static_cast<Upstream*>(gst_pad_get_element_private(pad));
  {
    const std::lock_guard lock(self.mutex_);
    self.events_.push_back(GST_EVENT_TYPE(event));
    const GstStructure* structure = gst_event_get_structure(event);
    const bool custom = GST_EVENT_TYPE(event) == GST_EVENT_CUSTOM_UPSTREAM;
    if (custom) self.customEvent_ = gst::Text(gst_structure_to_string(structure)).get();
  }
  gst_event_unref(event);
  return TRUE;
}

GstBuffer* makeBuffer(const std::string& bytes, GstClockTime pts, GstClockTime dts) {
  GstBuffer* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
  GST_BUFFER_PTS(buffer) = pts;
  GST_BUFFER_DTS(buffer) = dts;
  return buffer;
}

GstEvent* timeSegment(GstClockTime start, gdouble rate) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = start;
  segment.time = start;
  segment.rate = rate;
  return gst_event_new_segment(&segment);
}

ElementTest::ElementTest()
    : sink_(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("kvssink", nullptr)))),
      bus_(gst_bus_new()) {
  gst_element_set_bus(sink(), bus_);
}

ElementTest::~ElementTest() {
  EXPECT_EQ(setState(GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  gst_element_set_bus(sink(), nullptr);
  gst_object_unref(bus_);
}

GstPad* ElementTest::requestPad(const char* name) {
  gst::PadRef pad(gst_element_request_pad_simple(sink(), name));
  GstPad* raw = pad.get();
  if (pad) pads_.push_back(std::move(pad));
  return raw;
}

void ElementTest::start(Upstream& upstream, GstState state) {
  upstream.link(requestPad());
  ASSERT_EQ(setState(state), GST_STATE_CHANGE_SUCCESS);
}

MessageRef ElementTest::waitForMessage(int types) {
  MessageRef message(gst_bus_timed_pop_filtered(
      bus_, static_cast<GstClockTime>(patience.count()) * GST_SECOND, static_cast<GstMessageType>(types)));
  EXPECT_TRUE(message) << "no message came";
  return message;
}

MessageRef ElementTest::waitForStructure(const char* name) {
  for (;;) {
    MessageRef message = waitForMessage(GST_MESSAGE_ELEMENT);
    if (!message || gst_structure_has_name(gst_message_get_structure(message.get()), name)) return message;
  }
}

MessageRef ElementTest::takeMessage(int types) {
  return MessageRef(gst_bus_pop_filtered(bus_, static_cast<GstMessageType>(types)));
}

void ElementTest::settle() {
  std::promise<void> done;
  core.tell([&](StreamListener&) { done.set_value(); });
  EXPECT_EQ(done.get_future().wait_for(patience), std::future_status::ready);
}

Told toldBy(GstMessage* message) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, &debug);
  } else {
    gst_message_parse_warning(message, &error, &debug);
  }
  Told told{error->domain, error->code, error->message, debug ? debug : ""};
  g_error_free(error);
  g_free(debug);
  return told;
}

unsigned threadCount() {
  unsigned count = 0;
  for ([[maybe_unused]] const auto& task : std::filesystem::directory_iterator("/proc/self/task"))
    ++count;
  return count;
}

}  // namespace kvs::test
