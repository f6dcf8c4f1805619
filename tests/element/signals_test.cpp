// SPDX-License-Identifier: Apache-2.0
// What the element tells by signals and by messages of its own: names, payloads, and that a handler may
// take its time and do what it likes.
#include <condition_variable>

#include "report/errors.h"
#include "report/structures.h"
#include "support.h"

namespace kvs::test {
namespace {

using namespace std::chrono_literals;

/// The structures that a signal of one GstStructure brings.
class Heard {
 public:
  Heard(GstElement* sink, const char* signal) {
    g_signal_connect(sink, signal, G_CALLBACK(&Heard::on), this);
  }
  std::vector<gst::StructureRef> all;

 private:
  static void on(GstElement*, const GstStructure* structure, gpointer self) {
    static_cast<Heard*>(self)->all.emplace_back(gst_structure_copy(structure));
  }
};

std::string text(const gst::StructureRef& structure, const char* field) {
  const gchar* value = gst_structure_get_string(structure.get(), field);
  return value ? value : "";
}

guint64 number(const GstStructure* structure, const char* field) {
  guint64 value = 0;
  EXPECT_TRUE(gst_structure_get_uint64(structure, field, &value)) << field;
  return value;
}

FragmentLost lostFragment() {
  FragmentLost lost;
  lost.reason = FragmentLost::Reason::bufferDuration;
  lost.start = WallTime(100s);
  lost.duration = 2s;
  lost.frames = 50;
  lost.bytes = 4711;
  return lost;
}

TEST_F(ElementTest, EveryLossIsASignal) {
  Heard heard(sink(), "fragment-lost");
  setState(GST_STATE_PLAYING);
  for (int i = 0; i < 20; ++i)
    core.tell([](StreamListener& listener) { listener.onFragmentLost(lostFragment()); });
  settle();
  ASSERT_EQ(heard.all.size(), 20U) << "none stands for others";
  EXPECT_EQ(text(heard.all[0], "reason"), "buffer-duration");
  EXPECT_EQ(number(heard.all[0].get(), "start"), 100 * GST_SECOND);
  EXPECT_EQ(number(heard.all[0].get(), "end"), 102 * GST_SECOND);
}

TEST_F(ElementTest, TheConnectionIsASignalInOrder) {
  Heard heard(sink(), "connection-state");
  setState(GST_STATE_PLAYING);
  for (const auto state : {ConnectionState::connecting, ConnectionState::ready, ConnectionState::streaming}) {
    core.tell([state](StreamListener& listener) {
      ConnectionChange change;
      change.state = state;
      listener.onConnection(change);
    });
  }
  core.tell([](StreamListener& listener) { listener.onConnectionStale(61s); });
  settle();
  ASSERT_EQ(heard.all.size(), 4U);
  EXPECT_EQ(text(heard.all[0], "state"), "connecting");
  EXPECT_EQ(text(heard.all[1], "state"), "ready");
  EXPECT_EQ(text(heard.all[2], "state"), "streaming");
  EXPECT_EQ(text(heard.all[3], "state"), "stale");
  EXPECT_EQ(number(heard.all[3].get(), "age"), 61 * GST_SECOND);
}

TEST_F(ElementTest, ErrorDetailIsTheSentenceOfStreamError) {
  std::string detail;
  const auto onError = +[](GstElement* element, guint64, gpointer to) {
    gchar* sentence = nullptr;
    g_object_get(element, "error-detail", &sentence, nullptr);
    *static_cast<std::string*>(to) = gst::Text(sentence).get();
  };
  g_signal_connect(sink(), "stream-error", G_CALLBACK(onError), &detail);
  setState(GST_STATE_PLAYING);
  core.tell([](StreamListener& listener) {
    FragmentAck ack;
    ack.type = FragmentAck::Type::error;
    ack.code = StatusCode::ackInvalidMkvData;
    ack.message = "The service could not read it.";
    listener.onFragmentAck(ack);
  });
  settle();
  EXPECT_EQ(detail, "The service could not read it.");
  core.tell([](StreamListener& listener) {
    listener.onError(gst::elementError(StatusCode::notAuthorized, "The access key was refused."));
  });
  settle();
  EXPECT_EQ(detail, "The access key was refused.");
  setState(GST_STATE_READY);
  setState(GST_STATE_PAUSED);
  gchar* sentence = nullptr;
  g_object_get(sink(), "error-detail", &sentence, nullptr);
  EXPECT_STREQ(gst::Text(sentence).get(), "") << "a new stream has had none";
}

TEST_F(ElementTest, MetricsComeWithKeyFramesWhereTheyAreWanted) {
  Heard heard(sink(), "stream-client-metric");
  core.stats.bytesBuffered = 4711;
  core.stats.bytesUnsent = 815;
  core.stats.durationBuffered = 2s;
  core.stats.frameRate = 24.7;
  Upstream upstream;
  start(upstream);
  upstream.begin();
  upstream.push(makeBuffer("key"));
  settle();
  EXPECT_TRUE(heard.all.empty()) << "get-kvs-metrics is false";
  g_object_set(sink(), "get-kvs-metrics", TRUE, nullptr);
  GstBuffer* delta = makeBuffer("delta", GST_SECOND);
  GST_BUFFER_FLAG_SET(delta, GST_BUFFER_FLAG_DELTA_UNIT);
  upstream.push(delta);
  settle();
  EXPECT_TRUE(heard.all.empty()) << "no key frame";
  upstream.push(makeBuffer("key", 2 * GST_SECOND));
  settle();
  ASSERT_EQ(heard.all.size(), 1U);
  upstream.push(makeBuffer("key", 3 * GST_SECOND));
  settle();
  EXPECT_EQ(heard.all.size(), 1U) << "once a second at most";
  GstStructure* stream = nullptr;
  GstStructure* client = nullptr;
  ASSERT_TRUE(gst_structure_get(heard.all[0].get(), "stream-metrics", GST_TYPE_STRUCTURE, &stream,
                                "client-metrics", GST_TYPE_STRUCTURE, &client, nullptr));
  const gst::StructureRef ownedStream(stream);
  const gst::StructureRef ownedClient(client);
  EXPECT_EQ(number(stream, "overallViewSize"), 4711U);
  EXPECT_EQ(number(stream, "currentViewSize"), 815U);
  EXPECT_EQ(number(stream, "overallViewDuration"), 20'000'000U) << "in 100 ns";
  EXPECT_EQ(number(stream, "currentFrameRate"), 25U);
  EXPECT_EQ(number(client, "totalFrameRate"), 25U);
}

// --- messages ---

TEST_F(ElementTest, PressureIsOnTheBusUntilItIsOver) {
  setState(GST_STATE_PLAYING);
  Pressure pressure;
  pressure.usedBytes = 99;
  pressure.limitBytes = 100;
  pressure.bufferedDuration = 61s;
  pressure.limitDuration = 120s;
  core.tell([=](StreamListener& listener) { listener.onStoragePressure(pressure); });
  core.tell([=](StreamListener& listener) mutable {
    Pressure over = pressure;
    over.over = true;
    listener.onLatencyPressure(over);
  });
  const MessageRef storage = waitForStructure("kvssink-pressure");
  const GstStructure* first = gst_message_get_structure(storage.get());
  EXPECT_STREQ(gst_structure_get_string(first, "kind"), "storage");
  EXPECT_EQ(number(first, "bytes"), 99U);
  EXPECT_EQ(number(first, "bytes-limit"), 100U);
  EXPECT_EQ(number(first, "duration"), 61 * GST_SECOND);
  EXPECT_EQ(number(first, "duration-limit"), 120 * GST_SECOND);
  gboolean over = TRUE;
  EXPECT_TRUE(gst_structure_get_boolean(first, "over", &over));
  EXPECT_FALSE(over);
  const MessageRef latency = waitForStructure("kvssink-pressure");
  const GstStructure* second = gst_message_get_structure(latency.get());
  EXPECT_STREQ(gst_structure_get_string(second, "kind"), "latency");
  EXPECT_TRUE(gst_structure_get_boolean(second, "over", &over));
  EXPECT_TRUE(over);
}

TEST_F(ElementTest, ARefusedFragmentIsOnTheBusWithTheReason) {
  setState(GST_STATE_PLAYING);
  core.tell([](StreamListener& listener) {
    FragmentRefused refused;
    refused.error = gst::elementError(StatusCode::ackInvalidMkvData, "The service could not read it.");
    refused.error.exception = "INVALID_MKV_DATA";
    refused.fragment = lostFragment();
    listener.onFragmentRefused(refused);
  });
  const MessageRef message = waitForStructure("kvssink-fragment-refused");
  const GstStructure* structure = gst_message_get_structure(message.get());
  EXPECT_STREQ(gst_structure_get_string(structure, "reason"), "The service could not read it.");
  EXPECT_STREQ(gst_structure_get_string(structure, "error-code"), "INVALID_MKV_DATA");
  guint code = 0;
  EXPECT_TRUE(gst_structure_get_uint(structure, "status-code", &code));
  EXPECT_EQ(code, 0x52000062U);
  EXPECT_EQ(number(structure, "frames"), 50U);
  EXPECT_EQ(number(structure, "end"), 102 * GST_SECOND);
}

TEST_F(ElementTest, CredentialsAreOnTheBusWithoutASecret) {
  setState(GST_STATE_PLAYING);
  core.tell([](StreamListener& listener) {
    CredentialsTaken taken{"environment", "iot-certificate: not set", true, WallTime(1000s)};
    listener.onCredentials(taken);
  });
  const MessageRef message = waitForStructure("kvssink-credentials");
  const GstStructure* structure = gst_message_get_structure(message.get());
  EXPECT_STREQ(gst_structure_get_string(structure, "source"), "environment");
  EXPECT_STREQ(gst_structure_get_string(structure, "passed-over"), "iot-certificate: not set");
  EXPECT_EQ(number(structure, "expires"), 1000 * GST_SECOND);
  EXPECT_EQ(gst_structure_n_fields(structure), 4);
}

TEST_F(ElementTest, FramesAheadAndFramesBehindHaveSentencesOfTheirOwn) {
  EXPECT_NE(std::string(gst::explain(FrameFate::late)).find("too long after"), std::string::npos);
  EXPECT_NE(std::string(gst::explain(FrameFate::early)).find("ahead"), std::string::npos);
  setState(GST_STATE_PLAYING);
  core.tell([](StreamListener& listener) { listener.onFramesDropped({1, FrameFate::early, {}, {}}); });
  const MessageRef message = waitForStructure("kvssink-frames-skipped");
  ASSERT_TRUE(message);
  EXPECT_STREQ(gst_structure_get_string(gst_message_get_structure(message.get()), "reason"), "early");
}

TEST_F(ElementTest, FramesThatWereNotTakenAreOnTheBus) {
  setState(GST_STATE_PLAYING);
  const WallTime at(1000s);
  core.tell([at](StreamListener& listener) { listener.onFramesDropped({1, FrameFate::late, at, at}); });
  core.tell([at](StreamListener& listener) {
    listener.onFramesDropped({4, FrameFate::late, at + 1s, at + 2s});
  });
  core.tell([at](StreamListener& listener) {
    listener.onFramesDropped({5, FrameFate::late, at + 3s, at + 4s});
  });
  guint64 count = 0;
  guint64 end = 0;
  while (count < 10) {
    const MessageRef message = waitForStructure("kvssink-frames-skipped");
    ASSERT_TRUE(message);
    const GstStructure* structure = gst_message_get_structure(message.get());
    EXPECT_STREQ(gst_structure_get_string(structure, "reason"), "late");
    count += number(structure, "count");
    EXPECT_GE(number(structure, "start"), 1000 * GST_SECOND);
    end = number(structure, "end");
  }
  EXPECT_EQ(count, 10U);
  EXPECT_EQ(end, 1004 * GST_SECOND);
}

TEST_F(ElementTest, StatsHoldTheMetricsByTheirNames) {
  core.stats.framesSent = 7;
  core.stats.lostStorageFull = {1, 50, 4711};
  core.stats.ackDelayP99 = 3s;
  setState(GST_STATE_PAUSED);
  GstStructure* stats = nullptr;
  g_object_get(sink(), "stats", &stats, nullptr);
  const gst::StructureRef owned(stats);
  EXPECT_EQ(number(stats, "frames-sent"), 7U);
  EXPECT_EQ(number(stats, "fragments-lost-storage-full"), 1U);
  EXPECT_EQ(number(stats, "frames-lost-storage-full"), 50U);
  EXPECT_EQ(number(stats, "bytes-lost-storage-full"), 4711U);
  EXPECT_EQ(number(stats, "ack-delay-p99"), 3 * GST_SECOND);
  // The tables of the guide's "Producer SDK structures".
  const auto has = [&](const char* which, std::initializer_list<const char*> names) {
    GstStructure* metrics = nullptr;
    ASSERT_TRUE(gst_structure_get(stats, which, GST_TYPE_STRUCTURE, &metrics, nullptr)) << which;
    const gst::StructureRef ownedMetrics(metrics);
    for (const char* name : names)
      EXPECT_TRUE(gst_structure_has_field_typed(metrics, name, G_TYPE_UINT64)) << name;
    EXPECT_TRUE(gst_structure_has_field_typed(metrics, "version", G_TYPE_UINT));
    EXPECT_EQ(static_cast<std::size_t>(gst_structure_n_fields(metrics)), names.size() + 1);
  };
  has("client-metrics", {"contentStoreSize", "contentStoreAvailableSize", "contentStoreAllocatedSize",
                         "totalContentViewsSize", "totalFrameRate", "totalTransferRate"});
  has("stream-metrics", {"currentViewDuration", "overallViewDuration", "currentViewSize", "overallViewSize",
                         "currentFrameRate", "currentTransferRate"});
}

// --- handlers that take their time ---

TEST_F(ElementTest, AHandlerMayChangeProperties) {
  const auto onAck = +[](GstElement* element, const GstStructure*, gpointer) {
    g_object_set(element, "stop-stream-timeout", 3U, "access-key", "NEW", nullptr);
  };
  g_signal_connect(sink(), "fragment-ack", G_CALLBACK(onAck), nullptr);
  setState(GST_STATE_PLAYING);
  core.tell([](StreamListener& listener) { listener.onFragmentAck({}); });
  settle();
  guint timeout = 0;
  g_object_get(sink(), "stop-stream-timeout", &timeout, nullptr);
  EXPECT_EQ(timeout, 3U);
}

/// One of many elements, each with a core of its own listener.
struct Camera {
  GstElement* sink = nullptr;
  std::shared_ptr<Executor> executor;
  std::shared_ptr<StreamListener> listener;
  std::mutex* mutex = nullptr;
  std::condition_variable* changed = nullptr;
  unsigned acks = 0;
  bool sleeps = false;
  bool* mayWake = nullptr;
  bool stopped = false;

  void ack() {
    executor->post([to = listener] { to->onFragmentAck({}); });
  }
  void onAck() {
    std::unique_lock lock(*mutex);
    ++acks;
    changed->notify_all();
    if (!sleeps) return;
    changed->wait_for(lock, patience, [&] { return *mayWake; });
    lock.unlock();
    const bool down = gst_element_set_state(sink, GST_STATE_NULL) == GST_STATE_CHANGE_SUCCESS;
    lock.lock();
    stopped = down;
    changed->notify_all();
  }
};

TEST(Handlers, OneThatSleepsAndThenStopsItsElementHoldsNoOtherUp) {
  FakeCore core;
  std::mutex mutex;
  std::condition_variable changed;
  bool mayWake = false;
  std::vector<Camera> cameras(16);
  for (Camera& camera : cameras) {
    camera.sink = GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("kvssink", nullptr)));
    camera.mutex = &mutex;
    camera.changed = &changed;
    camera.mayWake = &mayWake;
    camera.sleeps = &camera == &cameras[0];
    const auto onAck =
        +[](GstElement*, const GstStructure*, gpointer to) { static_cast<Camera*>(to)->onAck(); };
    g_signal_connect(camera.sink, "fragment-ack", G_CALLBACK(onAck), &camera);
    gst_element_set_state(camera.sink, GST_STATE_PLAYING);
    camera.executor = core.producerConfig.executor;
    camera.listener = core.listener;
  }
  cameras[0].ack();
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, patience, [&] { return cameras[0].acks == 1; })) << "it sleeps now";
  }
  for (int round = 0; round < 20; ++round) {
    for (Camera& camera : cameras)
      camera.ack();
  }
  std::unique_lock lock(mutex);
  const auto othersHeardAll = [&] {
    return std::all_of(cameras.begin() + 1, cameras.end(), [](const Camera& c) { return c.acks == 20; });
  };
  EXPECT_TRUE(changed.wait_for(lock, patience, othersHeardAll));
  EXPECT_EQ(cameras[0].acks, 1U) << "one at a time";
  EXPECT_FALSE(cameras[0].stopped);
  mayWake = true;
  changed.notify_all();
  EXPECT_TRUE(changed.wait_for(lock, patience, [&] { return cameras[0].stopped; }));
  EXPECT_EQ(cameras[0].acks, 1U) << "what was undelivered is dropped by NULL";
  lock.unlock();
  for (Camera& camera : cameras) {
    gst_element_set_state(camera.sink, GST_STATE_NULL);
    gst_object_unref(camera.sink);
  }
}

}  // namespace
}  // namespace kvs::test
