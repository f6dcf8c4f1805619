// SPDX-License-Identifier: Apache-2.0
// The data pad, and that it is chosen for data alone.
#include "support.h"

namespace kvs::test {
namespace {

// Which of our pads a source with these caps is linked to; empty: none.
std::string linkedTo(GstElement* sink, const char* caps) {
  const gst::ElementRef source(GST_ELEMENT(gst_object_ref_sink(gst_bin_new("source"))));
  GstCaps* parsed = gst_caps_from_string(caps);
  GstPadTemplate* made = gst_pad_template_new("src", GST_PAD_SRC, GST_PAD_ALWAYS, parsed);
  GstPad* pad = gst_ghost_pad_new_no_target_from_template("src", made);
  gst_caps_unref(parsed);
  gst_object_unref(made);
  gst_element_add_pad(source.get(), pad);
  if (!gst_element_link(source.get(), sink)) return "";
  const gst::PadRef peer(gst_pad_get_peer(pad));
  const std::string name = GST_PAD_NAME(peer.get());
  gst_element_unlink(source.get(), sink);
  return name;
}

TEST_F(ElementTest, ASourceIsLinkedToThePadOfItsKind) {
  EXPECT_EQ(linkedTo(sink(), "video/x-h265, stream-format=hvc1, alignment=au"), "video_0");
  EXPECT_EQ(linkedTo(sink(), "audio/x-mulaw, rate=8000, channels=1"), "audio_0");
  EXPECT_EQ(linkedTo(sink(), "application/json"), "data_0");
}

TEST_F(ElementTest, MetadataOfCamerasAndTransportStreamsIsLinkedToTheDataPad) {
  for (const char* caps : {"meta/x-klv, parsed=true", "meta/x-klv, parsed=true, sparse=true", "meta/x-id3",
                           "meta/x-id3, parsed=true, timed=true", "application/x-onvif-metadata",
                           "application/x-onvif-metadata, parsed=true, encoding=utf8"}) {
    EXPECT_EQ(linkedTo(sink(), caps), "data_0") << caps;
  }
}

TEST_F(ElementTest, MetadataTravelsAsDataUnderItsOwnName) {
  for (const char* type : {"meta/x-klv", "meta/x-id3", "application/x-onvif-metadata"}) {
    Upstream upstream;
    GstPad* pad = requestPad("data_0");
    upstream.link(pad);
    setState(GST_STATE_PLAYING);
    upstream.begin((std::string(type) + ", parsed=true").c_str());
    ASSERT_FALSE(core.tracks.empty()) << type;
    EXPECT_EQ(core.tracks.back().kind, media::TrackKind::data);
    EXPECT_EQ(core.tracks.back().format.codecId, "D_KVS/DATA");
    EXPECT_EQ(core.tracks.back().format.contentType, type);
    EXPECT_EQ(upstream.push(makeBuffer("sample", GST_SECOND)), GST_FLOW_OK);
    setState(GST_STATE_NULL);
    gst_element_release_request_pad(sink(), pad);
  }
}

TEST_F(ElementTest, ASourceThatSaysNothingGetsTheVideoPad) {
  EXPECT_EQ(linkedTo(sink(), "ANY"), "video_0");
}

TEST_F(ElementTest, RawMediaAreLinkedToNone) {
  EXPECT_EQ(linkedTo(sink(), "video/x-raw, format=I420"), "");
  EXPECT_EQ(linkedTo(sink(), "application/octet-stream"), "");
}

TEST_F(ElementTest, DataHasTheCodecIdOfItsPad) {
  Upstream radar;
  requestPad("video_0");
  radar.link(requestPad("data_0"));
  gst_child_proxy_set(GST_CHILD_PROXY(sink()), "data_0::codec-id", "D_RADAR", nullptr);
  g_object_set(sink(), "codec-id", "V_X", nullptr);
  setState(GST_STATE_PLAYING);
  radar.begin("application/x-kvs-data");
  ASSERT_EQ(core.tracks.size(), 1U);
  EXPECT_EQ(core.tracks[0].kind, media::TrackKind::data);
  EXPECT_EQ(core.tracks[0].id.number, 3U);
  EXPECT_EQ(core.tracks[0].format.codecId, "D_RADAR");
  EXPECT_EQ(core.tracks[0].format.contentType, "application/x-kvs-data");
  EXPECT_EQ(radar.push(makeBuffer("echo", GST_SECOND)), GST_FLOW_OK);
  EXPECT_TRUE(core.frames.back().frame.key);
}

TEST_F(ElementTest, TheCodecIdOfAPadCanBeReadBackAndTakenBack) {
  GstPad* pad = requestPad("data_0");
  const auto codecId = [&] {
    gchar* text = nullptr;
    g_object_get(pad, "codec-id", &text, nullptr);
    const gst::Text owned(text);
    return std::string(text ? text : "(none)");
  };
  EXPECT_EQ(codecId(), "(none)");
  g_object_set(pad, "codec-id", "D_A", nullptr);
  EXPECT_EQ(codecId(), "D_A");
  g_object_set(pad, "codec-id", nullptr, nullptr);
  EXPECT_EQ(codecId(), "(none)");
}

TEST_F(ElementTest, PadsAreChildrenByTheirNames) {
  requestPad("video_0");
  requestPad("audio_0");
  EXPECT_EQ(gst_child_proxy_get_children_count(GST_CHILD_PROXY(sink())), 2U);
  GObject* child = gst_child_proxy_get_child_by_name(GST_CHILD_PROXY(sink()), "audio_0");
  ASSERT_NE(child, nullptr);
  g_object_unref(child);
  EXPECT_EQ(gst_child_proxy_get_child_by_index(GST_CHILD_PROXY(sink()), 2), nullptr);
}

TEST_F(ElementTest, OnePadOfEachKindAtMost) {
  for (const char* name : {"video_%u", "audio_%u", "data_%u"}) {
    GstPad* pad = requestPad(name);
    ASSERT_NE(pad, nullptr) << name;
    EXPECT_EQ(requestPad(name), nullptr) << name;
    gst_element_release_request_pad(sink(), pad);
    EXPECT_NE(requestPad(name), nullptr) << name;
  }
}

}  // namespace
}  // namespace kvs::test
