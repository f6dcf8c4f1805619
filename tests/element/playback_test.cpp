// SPDX-License-Identifier: Apache-2.0
// Which players take which tracks (guide, "Video playback track requirements"), and when the bus hears.
#include "report/playback.h"

#include "support.h"

namespace kvs::test {
namespace {

using gst::PlayedTrack;
using media::Codec;
using media::TrackKind;

PlayedTrack video(Codec codec) {
  return {1, TrackKind::video, codec, "V"};
}
PlayedTrack audio(Codec codec, std::uint32_t number = 2) {
  return {number, TrackKind::audio, codec, "A"};
}

std::string players(std::vector<PlayedTrack> tracks) {
  return namesOf(playersOf(tracks));
}

TEST(Players, AreTheGuidesTables) {
  const std::string all = "GetMedia, HLS, DASH, GetClip, GetImages";
  EXPECT_EQ(players({video(Codec::h264)}), all);
  EXPECT_EQ(players({video(Codec::h264), audio(Codec::aac)}), all);
  EXPECT_EQ(players({video(Codec::h264), audio(Codec::alaw)}), "GetMedia, DASH, GetClip, GetImages");
  EXPECT_EQ(players({video(Codec::h264), audio(Codec::mulaw)}), "GetMedia, DASH, GetImages");
  EXPECT_EQ(players({video(Codec::h265)}), all);
  EXPECT_EQ(players({audio(Codec::aac), video(Codec::h265)}), all);
  EXPECT_EQ(players({video(Codec::h265), audio(Codec::alaw)}), "GetMedia, GetImages");
  EXPECT_EQ(players({audio(Codec::aac, 1)}), "GetMedia, HLS, DASH");
  EXPECT_EQ(players({audio(Codec::alaw, 1)}), "GetMedia");
  EXPECT_EQ(players({video(Codec::other)}), "GetMedia");
  EXPECT_EQ(players({video(Codec::h264), audio(Codec::other)}), "GetMedia, GetImages");
  EXPECT_EQ(players({video(Codec::h264), {3, TrackKind::data, Codec::other, "D"}}), "GetMedia, GetImages");
  EXPECT_EQ(players({audio(Codec::aac, 1), {2, TrackKind::video, Codec::h264, "V"}}), "GetMedia");
}

TEST(Players, OfTheWholeStreamAreToldOnceForTheTrackThatRulesThemOut) {
  gst::Playback playback;
  playback.set(audio(Codec::mulaw));
  playback.set(video(Codec::h264));
  const auto notes = playback.takeNotes();
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].track.number, 2U);
  EXPECT_EQ(notes[0].reason, gst::PlaybackNote::Reason::codec);
  EXPECT_EQ(namesOf(notes[0].players), "GetMedia, DASH, GetImages");
  EXPECT_TRUE(playback.takeNotes().empty());
  playback.reset();
  playback.set(video(Codec::other));
  EXPECT_EQ(playback.takeNotes().size(), 1U);
}

TEST(Players, LoseDashAndGetClipByTheFirstCodecChange) {
  gst::Playback playback;
  playback.set(video(Codec::h264));
  const auto notes = playback.codecChanged(1);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].reason, gst::PlaybackNote::Reason::codecChange);
  EXPECT_EQ(namesOf(notes[0].players), "GetMedia, HLS, GetImages");
  EXPECT_TRUE(playback.codecChanged(1).empty()) << "once";
  playback.reset();
  playback.set(video(Codec::other));
  EXPECT_TRUE(playback.codecChanged(1).empty()) << "there was nothing to lose";
}

TEST_F(ElementTest, WhatDoesNotPlayEverywhereIsOnTheBus) {
  Upstream camera;
  Upstream microphone;
  camera.link(requestPad("video_0"));
  microphone.link(requestPad("audio_0"));
  setState(GST_STATE_PLAYING);
  microphone.begin("audio/x-alaw, rate=8000, channels=1");
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ELEMENT)) << "it depends on the other track";
  camera.begin();
  const MessageRef message = waitForStructure("kvssink-playback");
  const GstStructure* told = gst_message_get_structure(message.get());
  guint number = 0;
  EXPECT_TRUE(gst_structure_get_uint(told, "track", &number));
  EXPECT_EQ(number, 2U);
  EXPECT_STREQ(gst_structure_get_string(told, "codec-id"), "A_MS/ACM");
  EXPECT_STREQ(gst_structure_get_string(told, "reason"), "codec");
  EXPECT_STREQ(gst_structure_get_string(told, "players"), "GetMedia, DASH, GetClip, GetImages");
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ELEMENT)) << "once";
}

TEST_F(ElementTest, WhatPlaysEverywhereIsNotWorthAWord) {
  Upstream camera;
  start(camera);
  camera.begin();
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ELEMENT));
}

TEST_F(ElementTest, ACodecChangeIsOnTheBusAndWhatItRulesOut) {
  Upstream camera;
  start(camera);
  camera.begin();
  core.tell([](StreamListener& listener) {
    listener.onCodecChanged({{"video_0", 1}, "V_MPEG4/ISO/AVC", 640, 480});
  });
  const MessageRef changed = waitForStructure("kvssink-codec-changed");
  guint track = 0;
  guint width = 0;
  guint height = 0;
  EXPECT_TRUE(gst_structure_get(gst_message_get_structure(changed.get()), "track", G_TYPE_UINT, &track,
                                "width", G_TYPE_UINT, &width, "height", G_TYPE_UINT, &height, nullptr));
  EXPECT_EQ(track, 1U);
  EXPECT_EQ(width, 640U);
  EXPECT_EQ(height, 480U);
  const MessageRef playback = waitForStructure("kvssink-playback");
  EXPECT_STREQ(gst_structure_get_string(gst_message_get_structure(playback.get()), "players"),
               "GetMedia, HLS, GetImages");
}

TEST_F(ElementTest, RepairsAndSilenceAreOnTheBus) {
  setState(GST_STATE_PLAYING);
  core.tell([](StreamListener& listener) {
    listener.onTimeRepaired({TimeRepair::Kind::reanchored, {"video_0", 1}, Nanoseconds(-5)});
    listener.onTrackSilence({{"audio_0", 2}, true, true});
  });
  const MessageRef repaired = waitForStructure("kvssink-time-repaired");
  const GstStructure* repair = gst_message_get_structure(repaired.get());
  gint64 by = 0;
  EXPECT_STREQ(gst_structure_get_string(repair, "kind"), "reanchored");
  EXPECT_TRUE(gst_structure_get_int64(repair, "by", &by));
  EXPECT_EQ(by, -5);
  const MessageRef silent = waitForStructure("kvssink-track-silent");
  guint track = 0;
  gboolean isSilent = FALSE;
  gboolean filled = FALSE;
  EXPECT_TRUE(gst_structure_get(gst_message_get_structure(silent.get()), "track", G_TYPE_UINT, &track,
                                "silent", G_TYPE_BOOLEAN, &isSilent, "filled", G_TYPE_BOOLEAN, &filled,
                                nullptr));
  EXPECT_EQ(track, 2U);
  EXPECT_TRUE(isSilent);
  EXPECT_TRUE(filled);
}

}  // namespace
}  // namespace kvs::test
