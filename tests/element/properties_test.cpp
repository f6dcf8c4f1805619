// SPDX-License-Identifier: Apache-2.0
// Properties as they are set, read back, and reach the core.
#include <cstdlib>

#include "support.h"
#include "version.h"

namespace kvs::test {
namespace {

std::string textProperty(GstElement* sink, const char* name) {
  gchar* text = nullptr;
  g_object_get(sink, name, &text, nullptr);
  const gst::Text owned(text);
  return text ? text : "";
}

guint numberProperty(GstElement* sink, const char* name) {
  guint number = 0;
  g_object_get(sink, name, &number, nullptr);
  return number;
}

TEST_F(ElementTest, PropertiesReadBackAsTheyWereSet) {
  for (const char* name : {"stream-name", "aws-region", "endpoint", "user-agent", "kms-key-id", "track-name",
                           "codec-id", "content-type", "data-endpoint", "bind-address", "ca-path"}) {
    g_object_set(sink(), name, "something", nullptr);
    EXPECT_EQ(textProperty(sink(), name), "something") << name;
  }
  for (const char* name :
       {"storage-size", "buffer-duration", "retention-period", "timecode-scale", "connection-timeout",
        "completion-timeout", "stop-stream-timeout", "max-fragments-per-second", "max-latency",
        "connection-staleness", "fragment-duration", "interleave-timeout", "framerate", "burst-interval"}) {
    g_object_set(sink(), name, 77U, nullptr);
    EXPECT_EQ(numberProperty(sink(), name), 77U) << name;
  }
}

TEST_F(ElementTest, NullTakesATextBack) {
  g_object_set(sink(), "stream-name", "a", "track-name", "b", nullptr);
  g_object_set(sink(), "stream-name", nullptr, "track-name", nullptr, nullptr);
  EXPECT_EQ(textProperty(sink(), "stream-name"), "DEFAULT_STREAM");
  EXPECT_EQ(textProperty(sink(), "track-name"), "kinesis_video");
}

TEST_F(ElementTest, SecretsCannotBeReadBack) {
  for (const char* name : {"access-key", "secret-key", "session-token", "proxy"}) {
    const GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(sink()), name);
    EXPECT_TRUE(spec->flags & G_PARAM_WRITABLE) << name;
    EXPECT_FALSE(spec->flags & G_PARAM_READABLE) << name;
  }
}

TEST_F(ElementTest, StreamTagsAreAStructureOfStrings) {
  gst_util_set_object_arg(G_OBJECT(sink()), "stream-tags", "tags, owner=(string)me, floor=(int)3");
  GstStructure* tags = nullptr;
  g_object_get(sink(), "stream-tags", &tags, nullptr);
  const gst::StructureRef owned(tags);
  EXPECT_STREQ(gst_structure_get_string(tags, "owner"), "me");
  EXPECT_STREQ(gst_structure_get_string(tags, "floor"), "3");
}

TEST_F(ElementTest, SettingsReachTheCore) {
  gst_util_set_object_arg(G_OBJECT(sink()), "streaming-type", "offline");
  gst_util_set_object_arg(G_OBJECT(sink()), "stream-tags", "tags, owner=(string)me");
  g_object_set(sink(), "stream-name", "door", "aws-region", "eu-west-1", "endpoint", "http://127.0.0.1:1",
               "storage-size", 64U, "buffer-duration", 30U, "retention-period", 24U, "timecode-scale", 0U,
               "allow-create-stream", FALSE, "absolute-fragment-times", FALSE, "kms-key-id", "key",
               "connection-timeout", 2U, "completion-timeout", 3U, "max-fragments-per-second", 0U, nullptr);
  ASSERT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);

  EXPECT_EQ(core.producerConfig.region, "eu-west-1");
  EXPECT_EQ(core.producerConfig.endpoint, "http://127.0.0.1:1");
  EXPECT_EQ(core.producerConfig.storageSize, std::size_t{64} << 20);
  EXPECT_EQ(core.producerConfig.connectionTimeout, Seconds(2));
  EXPECT_EQ(core.producerConfig.completionTimeout, Seconds(3));
  EXPECT_TRUE(core.producerConfig.userAgent.starts_with("kvssink/"));
  EXPECT_EQ(core.streamConfig.name, "door");
  EXPECT_EQ(core.streamConfig.streamingType, StreamingType::offline);
  EXPECT_EQ(core.streamConfig.bufferDuration, Seconds(30));
  EXPECT_EQ(core.streamConfig.retention, std::chrono::hours(24));
  EXPECT_EQ(core.streamConfig.timecodeScale, Milliseconds(1)) << "0 means 1";
  EXPECT_FALSE(core.streamConfig.allowCreate);
  EXPECT_FALSE(core.streamConfig.absoluteFragmentTimes);
  EXPECT_EQ(core.streamConfig.kmsKeyId, "key");
  EXPECT_EQ(core.streamConfig.maxFragmentsPerSecond, 0);
  EXPECT_EQ(core.streamConfig.tags, (std::map<std::string, std::string>{{"owner", "me"}}));
}

TEST_F(ElementTest, TheWayToTheServiceReachesTheCore) {
  g_object_set(sink(), "data-endpoint", "https://d", "dual-stack", FALSE, "fips", TRUE, "proxy",
               "http://u:p@h:1", "bind-address", "192.0.2.7", "ca-path", "/ca.pem", "allow-insecure-endpoint",
               TRUE, nullptr);
  ASSERT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(core.producerConfig.dataEndpoint, "https://d");
  EXPECT_EQ(core.producerConfig.dualStack, false);
  EXPECT_EQ(core.producerConfig.fips, true);
  EXPECT_EQ(core.producerConfig.proxy.reveal(), "http://u:p@h:1");
  EXPECT_EQ(core.producerConfig.bindAddress, "192.0.2.7");
  EXPECT_EQ(core.producerConfig.caPath, "/ca.pem");
  EXPECT_TRUE(core.producerConfig.allowInsecureEndpoint);
}

TEST_F(ElementTest, WhatWasNotSetOfTheWayIsLeftToTheEnvironment) {
  ASSERT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(core.producerConfig.dualStack, std::nullopt);
  EXPECT_EQ(core.producerConfig.fips, std::nullopt);
  EXPECT_TRUE(core.producerConfig.proxy.empty());
  EXPECT_FALSE(core.producerConfig.allowInsecureEndpoint);
}

TEST_F(ElementTest, TheUsualUserAgentNamesBothVersions) {
  ASSERT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  guint major = 0;
  guint minor = 0;
  guint micro = 0;
  guint nano = 0;
  gst_version(&major, &minor, &micro, &nano);
  EXPECT_EQ(core.producerConfig.userAgent, "kvssink/" KVS_VERSION " GStreamer/" + std::to_string(major) +
                                               "." + std::to_string(minor) + "." + std::to_string(micro));
}

TEST_F(ElementTest, WhatConcernsFragmentsAndTracksReachesTheCore) {
  gst_util_set_object_arg(G_OBJECT(sink()), "streaming-type", "near-realtime");
  gst_util_set_object_arg(G_OBJECT(sink()), "silent-track", "drop");
  g_object_set(sink(), "key-frame-fragmentation", FALSE, "fragment-duration", 4000U, "interleave-timeout",
               250U, "burst-interval", 20U, "max-latency", 30U, "connection-staleness", 90U, nullptr);
  ASSERT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(core.streamConfig.streamingType, StreamingType::nearRealtime);
  EXPECT_EQ(core.streamConfig.silentTrack, SilentTrack::drop);
  EXPECT_FALSE(core.streamConfig.keyFrameFragmentation);
  EXPECT_EQ(core.streamConfig.fragmentDuration, Milliseconds(4000));
  EXPECT_EQ(core.streamConfig.interleaveTimeout, Milliseconds(250));
  EXPECT_EQ(core.streamConfig.burstInterval, Seconds(20));
  EXPECT_EQ(core.streamConfig.maxLatency, Seconds(30));
  EXPECT_EQ(core.streamConfig.connectionStaleness, Seconds(90));
}

TEST_F(ElementTest, KeysReachTheCoreAlsoWhenTheyChangeInPlaying) {
  g_object_set(sink(), "access-key", "FIRST", "secret-key", "s1", "session-token", "t1", nullptr);
  ASSERT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  ASSERT_TRUE(core.producerConfig.credentialSettings.keys);
  const aws::KeySlot& slot = *core.producerConfig.credentialSettings.keys;
  EXPECT_EQ(slot.get().accessKey, "FIRST");
  EXPECT_EQ(slot.get().secretKey.reveal(), "s1");
  EXPECT_EQ(slot.get().sessionToken.reveal(), "t1");
  ASSERT_EQ(setState(GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  g_object_set(sink(), "access-key", "SECOND", "secret-key", "s2", "session-token", nullptr, nullptr);
  EXPECT_EQ(slot.get().accessKey, "SECOND");
  EXPECT_EQ(slot.get().secretKey.reveal(), "s2");
  EXPECT_TRUE(slot.get().sessionToken.empty());
}

TEST_F(ElementTest, TheIotCertificateHasTheStreamsNameForAThingThatHasNone) {
  gst_util_set_object_arg(G_OBJECT(sink()), "iot-certificate",
                          "iot-certificate,endpoint=c0.credentials.iot.eu-central-1.amazonaws.com,"
                          "cert-path=/d/cert.pem,key-path=/d/key.pem,ca-path=/d/ca.pem,role-aliases=Cam,"
                          "connection-timeout=7");
  g_object_set(sink(), "stream-name", "door", "credential-path", "/d/credentials", nullptr);
  ASSERT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  const aws::CredentialSettings& settings = core.producerConfig.credentialSettings;
  ASSERT_TRUE(settings.iot);
  EXPECT_EQ(settings.iot->endpoint, "c0.credentials.iot.eu-central-1.amazonaws.com");
  EXPECT_EQ(settings.iot->certificatePath, "/d/cert.pem");
  EXPECT_EQ(settings.iot->keyPath, "/d/key.pem");
  EXPECT_EQ(settings.iot->authorityPath, "/d/ca.pem");
  EXPECT_EQ(settings.iot->roleAlias, "Cam");
  EXPECT_EQ(settings.iot->thingName, "door");
  EXPECT_EQ(settings.iot->connectionTimeout, Seconds(7));
  EXPECT_EQ(settings.iot->completionTimeout, Seconds(5));
  EXPECT_EQ(settings.credentialPath, "/d/credentials");
  EXPECT_TRUE(settings.credentialFileMustExist);
}

TEST_F(ElementTest, TheUsualCredentialFileNeedNotExist) {
  ASSERT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
  const aws::CredentialSettings& settings = core.producerConfig.credentialSettings;
  EXPECT_EQ(settings.credentialPath, ".kvs/credential");
  EXPECT_FALSE(settings.credentialFileMustExist);
  EXPECT_FALSE(settings.iot);
}

TEST_F(ElementTest, StatsCanBeReadInEveryState) {
  const auto framesIn = [&] {
    GstStructure* stats = nullptr;
    g_object_get(sink(), "stats", &stats, nullptr);
    const gst::StructureRef owned(stats);
    guint64 frames = 99;
    gst_structure_get_uint64(stats, "frames-in", &frames);
    return frames;
  };
  EXPECT_EQ(framesIn(), 0U);
  setState(GST_STATE_PAUSED);
  core.stats.framesIn = 7;
  EXPECT_EQ(framesIn(), 7U);
  setState(GST_STATE_READY);
  EXPECT_EQ(framesIn(), 7U) << "what became of a stream can be read when it has ended";
}

}  // namespace
}  // namespace kvs::test
