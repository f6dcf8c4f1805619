// SPDX-License-Identifier: Apache-2.0
// Everything at once: threads that change the state, push, flush, request and release a pad, read and set
// properties, and handlers that do so, too. What is asserted is that nobody waits for ever and that the
// element works afterwards; what they do to each other is for the thread sanitizer (scripts/sanitize thread).
#include <random>
#include <thread>

#include "report/errors.h"
#include "settings/properties.h"
#include "support.h"

namespace kvs::test {
namespace {

constexpr const char* aacCaps =
    "audio/mpeg, mpegversion=4, stream-format=raw, codec_data=(buffer)1190, rate=48000, channels=2";

/// Seeded: a thread does the same in every run, only the others' timing differs.
using Random = std::mt19937;

unsigned upTo(Random& random, unsigned bound) {
  return static_cast<unsigned>(random() % bound);
}

GstState anyState(Random& random) {
  return static_cast<GstState>(GST_STATE_NULL + upTo(random, 4));
}

/// Threads with a number of rounds each. Some lead; the others spread their rounds evenly over the leaders'.
class Crowd {
 public:
  using Round = std::function<void(Random&)>;

  void addLeader(int rounds, Round round) {
    led_ += rounds;
    leaders_.push_back({rounds, std::move(round)});
  }
  void add(int rounds, Round round) { others_.push_back({rounds, std::move(round)}); }

  void start() {
    unsigned seed = 0;
    for (const Member& member : others_)
      otherThreads_.emplace_back([this, &member, seed = ++seed] { follow(member, Random(seed)); });
    for (const Member& member : leaders_)
      leaderThreads_.emplace_back([this, &member, seed = ++seed] { lead(member, Random(seed)); });
  }
  void joinLeaders() { leaderThreads_.clear(); }
  void join() { otherThreads_.clear(); }

 private:
  struct Member {
    int rounds;
    Round round;
  };

  void lead(const Member& member, Random random) {
    for (int i = 0; i < member.rounds; ++i) {
      member.round(random);
      ++done_;
      done_.notify_all();
    }
  }
  void follow(const Member& member, Random random) {
    for (int i = 0; i < member.rounds; ++i) {
      for (int done = done_; done < i * led_ / member.rounds; done = done_)
        done_.wait(done);
      member.round(random);
    }
  }

  std::vector<Member> leaders_;
  std::vector<Member> others_;
  int led_ = 0;  // the leaders' rounds in all
  std::atomic<int> done_{0};
  std::vector<std::jthread> leaderThreads_;
  std::vector<std::jthread> otherThreads_;
};

void readAll(GstElement* sink) {
  for (const gst::Property& property : gst::properties()) {
    const GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(sink), property.name);
    if (!(spec->flags & G_PARAM_READABLE)) continue;
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    g_object_get_property(G_OBJECT(sink), property.name, &value);
    g_value_unset(&value);
  }
}

void readStats(GstElement* sink) {
  GstStructure* stats = nullptr;
  g_object_get(sink, "stats", &stats, nullptr);
  const gst::StructureRef owned(stats);
}

void setSomething(GstElement* sink, Random& random) {
  const std::string text = std::to_string(random());
  switch (upTo(random, 5)) {
    case 0:
      return g_object_set(sink, "stream-name", text.c_str(), nullptr);
    case 1:
      return g_object_set(sink, "access-key", text.c_str(), "secret-key", text.c_str(), nullptr);
    case 2:
      return g_object_set(sink, "stop-stream-timeout", upTo(random, 5), nullptr);
    case 3:
      return g_object_set(sink, "get-kvs-metrics", static_cast<gboolean>(upTo(random, 2)), nullptr);
    default:
      return g_object_set(sink, "storage-size", 16 + upTo(random, 64), nullptr);
  }
}

void askSomething(GstElement* sink, Random& random) {
  const gst::QueryRef query(upTo(random, 2) ? gst_query_new_latency()
                                            : gst_query_new_position(GST_FORMAT_TIME));
  gst_element_query(sink, query.get());
}

/// As upstream's streaming thread does: frames for the most part. It begins anew every now and then, since
/// the sink forgets what the stream is when it is in READY.
void pushSomething(Upstream& upstream, Random& random, const char* caps = Upstream::avcCaps) {
  if (upTo(random, 2) == 0) upstream.begin(caps);
  switch (upTo(random, 16)) {
    case 0:
      upstream.push(gst_event_new_eos());
      return;
    case 1:
      upstream.push(gst_event_new_gap(0, GST_SECOND));
      return;
    default:
      upstream.push(makeBuffer("frame"));
  }
}

/// `streaming` is held by whoever else pushes into `upstream`, as its stream lock would be.
void flush(Upstream& upstream, std::mutex& streaming) {
  upstream.push(gst_event_new_flush_start());
  const std::lock_guard lock(streaming);
  upstream.push(gst_event_new_flush_stop(TRUE));
  upstream.begin();
}

void sendSomething(GstElement* sink, Random& random) {
  gboolean taken = FALSE;
  switch (upTo(random, 32)) {
    case 0:
      gst_element_send_event(sink, gst_event_new_eos());
      return;
    case 1:
      return g_signal_emit_by_name(sink, "add-metadata", "name", "value", FALSE, &taken);
    case 2:
      gst_element_send_event(
          sink, gst_event_new_custom(
                    GST_EVENT_CUSTOM_DOWNSTREAM_OOB,
                    gst_structure_new("kvs-add-event", "type", G_TYPE_STRING, "notification", nullptr)));
      return;
    default:
      gst_element_send_event(sink, gst_event_new_latency(0));
  }
}

/// What the loop's thread has to tell.
void tellSomething(FakeCore& core, Random& random) {
  switch (upTo(random, 64)) {
    case 0:
      return core.tell([](StreamListener& listener) {
        listener.onError(gst::elementError(StatusCode::notAuthorized, "The access key was refused."));
      });
    case 1:
      return core.tell([](StreamListener& listener) { listener.onDrained(); });
    case 2:
      return core.tell([](StreamListener& listener) {
        listener.onWarning(gst::elementError(StatusCode::storeOutOfMemory, "The storage is full."));
      });
    case 3:
      return core.tell([](StreamListener& listener) { listener.onFragmentLost({}); });
    case 4:
      return core.tell([](StreamListener& listener) { listener.onConnection({}); });
    default:
      return core.tell([](StreamListener& listener) { listener.onFragmentAck({}); });
  }
}

/// GStreamer warns of frames without a segment, which come when the sink was in READY between two of them.
class Unwarned {
 public:
  Unwarned() : id_(g_log_set_handler("GStreamer", G_LOG_LEVEL_WARNING, &Unwarned::ignore, nullptr)) {}
  ~Unwarned() { g_log_remove_handler("GStreamer", id_); }
  Unwarned(const Unwarned&) = delete;
  Unwarned& operator=(const Unwarned&) = delete;

 private:
  static void ignore(const gchar*, GLogLevelFlags, const gchar*, gpointer) {}
  const guint id_;
};

/// An application that does as the crowd does from its handlers, until it is told to be quiet.
class Application {
 public:
  explicit Application(GstElement* sink) : sink_(sink), bus_(gst_element_get_bus(sink)) {
    g_signal_connect(sink, "fragment-ack", G_CALLBACK(&Application::onAck), this);
    gst_bus_set_sync_handler(bus_, &Application::onMessage, nullptr, nullptr);
  }
  ~Application() {
    g_signal_handlers_disconnect_by_data(sink_, this);
    gst_bus_set_sync_handler(bus_, nullptr, nullptr, nullptr);
    gst_object_unref(bus_);
  }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  /// From now on the handlers change no state.
  void beQuiet() {
    const std::lock_guard lock(mutex_);
    quiet_ = true;
  }
  unsigned heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  static void onAck(GstElement* sink, const GstStructure*, gpointer self) {
    readStats(sink);
    static_cast<Application*>(self)->heardAck();
  }
  void heardAck() {
    const std::lock_guard lock(mutex_);
    setSomething(sink_, random_);
    if (++heard_ % 8 == 0 && !quiet_) gst_element_set_state(sink_, anyState(random_));
  }
  static GstBusSyncReply onMessage(GstBus*, GstMessage* message, gpointer) {
    readStats(GST_ELEMENT(GST_MESSAGE_SRC(message)));
    gst_message_unref(message);
    return GST_BUS_DROP;
  }

  GstElement* const sink_;
  GstBus* const bus_;
  std::mutex mutex_;
  Random random_;
  unsigned heard_ = 0;
  bool quiet_ = false;
};

TEST_F(ElementTest, StatesChangeWhileAllElseGoesOn) {
  const Unwarned unwarned;
  std::atomic<unsigned> puts{0};
  core.onPut = [&](const std::string&, const Frame&) -> Result<FrameFate> {
    return ++puts % 8 == 0 ? FrameFate::interrupted : FrameFate::accepted;
  };
  Upstream video;
  Upstream audio;
  start(video);
  video.begin();
  Crowd crowd;
  for (int i = 0; i < 2; ++i)
    crowd.addLeader(500, [&](Random& random) { setState(anyState(random)); });
  std::mutex streaming;
  crowd.add(4000, [&](Random& random) {
    const std::lock_guard lock(streaming);
    pushSomething(video, random);
  });
  crowd.add(200, [&](Random&) { flush(video, streaming); });
  crowd.add(200, [&](Random& random) {
    const gst::PadRef pad(gst_element_request_pad_simple(sink(), "audio_%u"));
    audio.link(pad.get());
    audio.begin(aacCaps);
    for (int i = 0; i < 4; ++i)
      pushSomething(audio, random, aacCaps);
    gst_element_release_request_pad(sink(), pad.get());
  });
  crowd.add(1000, [&](Random& random) { setSomething(sink(), random); });
  crowd.add(1000, [&](Random&) { readStats(sink()); });
  crowd.add(50, [&](Random&) { readAll(sink()); });
  crowd.add(1000, [&](Random& random) { askSomething(sink(), random); });
  crowd.add(1000, [&](Random& random) { sendSomething(sink(), random); });
  crowd.add(2000, [&](Random& random) { tellSomething(core, random); });
  {
    Application application(sink());
    crowd.start();
    crowd.joinLeaders();
    application.beQuiet();
    setState(GST_STATE_READY);    // the stream may have failed
    setState(GST_STATE_PLAYING);  // whoever waits in PAUSED goes on
    crowd.join();
    settle();
    EXPECT_GT(application.heard(), 0U);
  }
  setState(GST_STATE_NULL);
  EXPECT_EQ(setState(GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  const std::size_t before = core.frameCount();
  core.onPut = nullptr;
  video.begin();
  EXPECT_EQ(video.push(makeBuffer("f")), GST_FLOW_OK) << "as if nothing had been";
  EXPECT_EQ(core.frameCount(), before + 1);
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ERROR));
}

TEST_F(ElementTest, ManyComeAndGoAtOnce) {
  setState(GST_STATE_PLAYING);
  Crowd crowd;
  for (int i = 0; i < 4; ++i) {
    crowd.add(25, [](Random& random) {
      const gst::ElementRef other(
          GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("kvssink", nullptr))));
      const gst::PadRef pad(gst_element_request_pad_simple(other.get(), "video_%u"));
      Upstream upstream(true);
      upstream.link(pad.get());
      gst_element_set_state(other.get(), GST_STATE_PLAYING);  // or not, where it has been told of an error
      upstream.begin();
      for (int frames = 0; frames < 8; ++frames)
        pushSomething(upstream, random);
      EXPECT_EQ(gst_element_set_state(other.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    });
  }
  crowd.add(200, [&](Random& random) { tellSomething(core, random); });
  crowd.start();
  crowd.join();
  setState(GST_STATE_NULL);
  EXPECT_TRUE(core.waitFor([&] { return core.streams == 0; }));
}

}  // namespace
}  // namespace kvs::test
