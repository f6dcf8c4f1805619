// SPDX-License-Identifier: Apache-2.0
// Metadata and events of fragments: by signals, by the property, by custom events.
#include "support.h"

namespace kvs::test {
namespace {

class Metadata : public ElementTest {
 protected:
  void begin() {
    start(upstream);
    upstream.begin();
  }
  bool emit(const char* name, const char* value, gboolean persist) {
    gboolean taken = FALSE;
    g_signal_emit_by_name(sink(), "add-metadata", name, value, persist, &taken);
    return taken != FALSE;
  }
  bool emit(const char* event) {
    const gst::StructureRef structure(gst_structure_from_string(event, nullptr));
    gboolean taken = FALSE;
    g_signal_emit_by_name(sink(), "add-event", structure.get(), &taken);
    return taken != FALSE;
  }
  bool push(const char* event) {
    return upstream.push(
        gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_from_string(event, nullptr)));
  }

  Upstream upstream;
};

TEST_F(Metadata, ComesBySignal) {
  begin();
  EXPECT_TRUE(emit("a", "1", TRUE));
  EXPECT_TRUE(emit("b", "2", FALSE));
  ASSERT_EQ(core.metadata.size(), 2U);
  EXPECT_EQ(core.metadata[0], std::pair(Tag{"a", "1"}, true));
  EXPECT_EQ(core.metadata[1], std::pair(Tag{"b", "2"}, false));
}

TEST_F(Metadata, ThatIsRefusedIsFalseAndAWarning) {
  begin();
  EXPECT_FALSE(emit("AWSx", "1", FALSE));
  EXPECT_EQ(toldBy(waitForMessage(GST_MESSAGE_WARNING).get()).text, "names must not begin with AWS")
      << "the core's sentence says which limit it was";
  EXPECT_FALSE(emit(nullptr, "1", FALSE));
}

TEST_F(Metadata, HasNowhereToGoWithoutAStream) {
  EXPECT_FALSE(emit("a", "1", FALSE));
  EXPECT_FALSE(emit("event, type=notification"));
}

TEST_F(Metadata, OfThePropertyIsOnEveryFragment) {
  gst_util_set_object_arg(G_OBJECT(sink()), "metadata", "metadata, room=(string)hall, floor=(int)3");
  setState(GST_STATE_PAUSED);
  ASSERT_EQ(core.metadata.size(), 2U);
  EXPECT_EQ(core.metadata[0], std::pair(Tag{"floor", "3"}, true));
  EXPECT_EQ(core.metadata[1], std::pair(Tag{"room", "hall"}, true));
}

TEST_F(Metadata, OfThePropertyThatIsRefusedIsAWarning) {
  gst_util_set_object_arg(G_OBJECT(sink()), "metadata", "metadata, AWSx=(string)1, room=(string)hall");
  EXPECT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  EXPECT_TRUE(takeMessage(GST_MESSAGE_WARNING));
  EXPECT_EQ(core.metadata.size(), 1U);
}

TEST_F(Metadata, NotificationsComeByCustomEvent) {
  begin();
  EXPECT_TRUE(
      push("kvs-add-event, type=(string)notification, "
           "pairs=(structure)\"pairs\\,zone\\=(string)2\\,cat\\=(string)yes\\;\""));
  ASSERT_EQ(core.events.size(), 1U);
  EXPECT_EQ(core.events[0].type, FragmentEvent::Type::notification);
  EXPECT_EQ(core.events[0].pairs, (std::vector<Tag>{{"zone", "2"}, {"cat", "yes"}}));
}

TEST_F(Metadata, ImageGenerationHasAPrefix) {
  begin();
  EXPECT_TRUE(push("kvs-add-event, type=(string)image-generation, image-prefix=(string)door"));
  EXPECT_TRUE(emit("event, type=(string)image-generation"));
  ASSERT_EQ(core.events.size(), 2U);
  EXPECT_EQ(core.events[0].type, FragmentEvent::Type::imageGeneration);
  EXPECT_EQ(core.events[0].imagePrefix, "door");
  EXPECT_EQ(core.events[1].imagePrefix, "");
}

TEST_F(Metadata, EventsMayBeSentToTheElement) {
  begin();
  EXPECT_TRUE(gst_element_send_event(
      sink(), gst_event_new_custom(
                  GST_EVENT_CUSTOM_DOWNSTREAM_OOB,
                  gst_structure_new("kvs-add-event", "type", G_TYPE_STRING, "notification", nullptr))));
  EXPECT_EQ(core.events.size(), 1U);
}

TEST_F(Metadata, AnEventOfNoKnownTypeIsAWarning) {
  begin();
  EXPECT_FALSE(push("kvs-add-event, type=(string)alarm"));
  EXPECT_TRUE(takeMessage(GST_MESSAGE_WARNING));
  EXPECT_FALSE(emit("event"));
  EXPECT_FALSE(takeMessage(GST_MESSAGE_WARNING)) << "the same again is held back for a while";
  EXPECT_TRUE(core.events.empty());
}

TEST_F(Metadata, OtherCustomEventsAreNotOurs) {
  begin();
  EXPECT_TRUE(push("somebody-elses, name=(string)a, value=(string)b"));
  EXPECT_TRUE(core.metadata.empty());
  EXPECT_FALSE(takeMessage(GST_MESSAGE_WARNING));
}

}  // namespace
}  // namespace kvs::test
