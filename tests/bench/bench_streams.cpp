// SPDX-License-Identifier: Apache-2.0
// The load under every benchmark: N streams in one process, each fed by a thread of its own as a live
// encoder would (or one recording as fast as it is taken), into kvssink or fakesink. Each frame ends
// in a stamp of the moment it was chained, which kvs-local --trace turns into a delay. Prints JSON.
#include <gst/gst.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

struct Options {
  std::string sink = "kvssink";
  std::string endpoint;
  std::string prefix = "bench";
  int streams = 1;
  double seconds = 10;
  int fps = 30;
  double bitsPerSecond = 2e6;
  int gop = 60;
  bool fullSpeed = false;  // one recording: --seconds of media, pushed as fast as it is taken
};

constexpr std::size_t stampSize = 16;
constexpr char stampMagic[] = "KVSSTAMP";

/// avcC of x264enc, baseline 1280x720.
constexpr std::uint8_t codecData[] = {0x01, 0x42, 0xc0, 0x1f, 0xff, 0xe1, 0x00, 0x1b, 0x67, 0x42, 0xc0,
                                      0x1f, 0xd9, 0x00, 0x50, 0x05, 0xbb, 0x01, 0x6a, 0x02, 0x02, 0x02,
                                      0x80, 0x00, 0x00, 0x03, 0x00, 0x80, 0x00, 0x00, 0x1e, 0x47, 0x8c,
                                      0x19, 0x24, 0x01, 0x00, 0x04, 0x68, 0xcb, 0x8c, 0xb2};

/// One access unit of one slice NAL unit in avc framing: bytes of the right size, random so that
/// nothing on the way can compress or share them.
class FrameMaker {
 public:
  explicit FrameMaker(const Options& options) : options_(options) {
    const double mean = options.bitsPerSecond / 8 / options.fps;
    // A key frame is worth five others, as with a calm camera.
    deltaSize_ = static_cast<std::size_t>(mean * options.gop / (options.gop + 4));
    noise_.resize(deltaSize_ * 5);
    std::mt19937 random(7);
    for (auto& byte : noise_)
      byte = static_cast<std::uint8_t>(random() | 1u);  // no start code in it
  }

  GstBuffer* make(int index) const {
    const bool key = index % options_.gop == 0;
    const std::size_t size = std::max<std::size_t>(key ? deltaSize_ * 5 : deltaSize_, 64);
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    std::memcpy(map.data, noise_.data(), size);
    const auto nal = static_cast<std::uint32_t>(size - 4);
    for (int i = 0; i < 4; ++i)
      map.data[i] = static_cast<std::uint8_t>(nal >> (24 - 8 * i));
    map.data[4] = key ? 0x65 : 0x41;
    map.data[5] = 0x88;
    std::memcpy(map.data + size - stampSize, stampMagic, 8);
    const std::int64_t now = nanoseconds(Clock::now().time_since_epoch()).count();
    std::memcpy(map.data + size - 8, &now, 8);
    gst_buffer_unmap(buffer, &map);
    const GstClockTime frame = GST_SECOND / static_cast<unsigned>(options_.fps);
    GST_BUFFER_PTS(buffer) = GST_BUFFER_DTS(buffer) = frame * static_cast<unsigned>(index);
    GST_BUFFER_DURATION(buffer) = frame;
    if (!key) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    return buffer;
  }

 private:
  const Options& options_;
  std::size_t deltaSize_ = 0;
  std::vector<std::uint8_t> noise_;
};

/// A pipeline of one sink, fed through a pad of our own: nothing but the sink is measured.
class Feed {
 public:
  Feed(const Options& options, int index) : options_(options), index_(index), maker_(options) {
    pipeline_ = gst_pipeline_new(nullptr);
    sink_ = gst_element_factory_make(options.sink.c_str(), nullptr);
    if (!sink_) throw std::runtime_error("no element " + options.sink + "; set GST_PLUGIN_PATH");
    configure();
    gst_bin_add(GST_BIN(pipeline_), sink_);
    pad_ = gst_pad_new("src", GST_PAD_SRC);
    GstPad* peer = options.sink == "kvssink" ? gst_element_request_pad_simple(sink_, "video_%u")
                                             : gst_element_get_static_pad(sink_, "sink");
    gst_pad_set_active(pad_, TRUE);
    gst_pad_link(pad_, peer);
    gst_object_unref(peer);
  }
  ~Feed() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(pad_);
    gst_object_unref(pipeline_);
  }
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  void play() {
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
    gst_pad_push_event(pad_, gst_event_new_stream_start(std::to_string(index_).c_str()));
    GstBuffer* codec = gst_buffer_new_memdup(codecData, sizeof codecData);
    GstCaps* caps = gst_caps_new_simple("video/x-h264", "stream-format", G_TYPE_STRING, "avc", "alignment",
                                        G_TYPE_STRING, "au", "width", G_TYPE_INT, 1280, "height", G_TYPE_INT,
                                        720, "framerate", GST_TYPE_FRACTION, options_.fps, 1, "codec_data",
                                        GST_TYPE_BUFFER, codec, nullptr);
    gst_buffer_unref(codec);
    gst_pad_push_event(pad_, gst_event_new_caps(caps));
    gst_caps_unref(caps);
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_pad_push_event(pad_, gst_event_new_segment(&segment));
  }

  /// The streams' frames are spread over the frame interval, as cameras' are.
  void run(Clock::time_point start) {
    const int frames = static_cast<int>(options_.seconds * options_.fps);
    const auto interval = nanoseconds(1'000'000'000 / options_.fps);
    const auto phase = interval * index_ / options_.streams;
    for (int i = 0; i < frames; ++i) {
      if (!options_.fullSpeed) std::this_thread::sleep_until(start + phase + interval * i);
      if (gst_pad_push(pad_, maker_.make(i)) != GST_FLOW_OK) return;
      ++pushed;
    }
    gst_pad_push_event(pad_, gst_event_new_eos());
  }

  bool waitForEos(unsigned seconds) {
    GstBus* bus = gst_element_get_bus(pipeline_);
    GstMessage* message = gst_bus_timed_pop_filtered(
        bus, seconds * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    const bool eos = message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
    if (message) gst_message_unref(message);
    gst_object_unref(bus);
    return eos;
  }

  std::uint64_t bufferedBytes() const {
    if (options_.sink != "kvssink") return 0;
    GstStructure* stats = nullptr;
    g_object_get(sink_, "stats", &stats, nullptr);
    guint64 bytes = 0;
    if (stats) gst_structure_get_uint64(stats, "bytes-buffered", &bytes);
    if (stats) gst_structure_free(stats);
    return bytes;
  }

  std::atomic<std::uint64_t> pushed{0};

 private:
  void configure() {
    if (options_.sink == "fakesink") {
      g_object_set(sink_, "sync", FALSE, "async", FALSE, nullptr);
      return;
    }
    const std::string name = options_.prefix + "-" + std::to_string(index_);
    g_object_set(sink_, "stream-name", name.c_str(), "endpoint", options_.endpoint.c_str(), nullptr);
    if (!options_.fullSpeed) return;
    gst_util_set_object_arg(G_OBJECT(sink_), "streaming-type", "offline");
    g_object_set(sink_, "max-fragments-per-second", 0U, nullptr);  // the link is measured, not the quota
  }

  const Options& options_;
  const int index_;
  FrameMaker maker_;
  GstElement* pipeline_ = nullptr;
  GstElement* sink_ = nullptr;
  GstPad* pad_ = nullptr;
};

std::uint64_t statusKiB(const char* field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(field, 0) == 0) return std::stoull(line.substr(std::strlen(field) + 1));
  }
  return 0;
}

std::size_t loopThreads() {
  std::size_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    count += name.rfind("kvs-", 0) == 0 ? 1 : 0;
  }
  return count;
}

double cpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Looks once a second while the feeds run: resident memory beyond what is buffered, and threads.
struct Watch {
  double ownKiB = 0;
  std::size_t threads = 0;
  int looks = 0;

  void look(const std::vector<std::unique_ptr<Feed>>& feeds) {
    std::uint64_t buffered = 0;
    for (const auto& feed : feeds)
      buffered += feed->bufferedBytes();
    ownKiB += static_cast<double>(statusKiB("VmRSS:")) - static_cast<double>(buffered) / 1024;
    threads = std::max(threads, loopThreads());
    ++looks;
  }
};

int measure(const Options& options) {
  std::vector<std::unique_ptr<Feed>> feeds;
  for (int i = 0; i < options.streams; ++i)
    feeds.push_back(std::make_unique<Feed>(options, i));
  const auto loadedThreads = loopThreads();
  for (auto& feed : feeds)
    feed->play();

  const double cpuBefore = cpuSeconds();
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  std::atomic<int> running{options.streams};
  for (auto& feed : feeds) {
    threads.emplace_back([&feed, &running, start] {
      feed->run(start);
      --running;
    });
  }
  Watch watch;
  for (int second = 1; running > 0; ++second) {
    std::this_thread::sleep_until(start + std::chrono::milliseconds(500 * second));
    if (running > 0 && second > 4) watch.look(feeds);
  }
  for (auto& thread : threads)
    thread.join();
  bool whole = true;
  for (auto& feed : feeds)
    whole = feed->waitForEos(120) && whole;
  const double wall = std::chrono::duration<double>(Clock::now() - start).count();
  std::uint64_t pushed = 0;
  for (const auto& feed : feeds)
    pushed += feed->pushed;
  std::printf(
      "{\"sink\": \"%s\", \"streams\": %d, \"frames\": %llu, \"wall_s\": %.3f, \"cpu_s\": %.3f, "
      "\"peak_kib\": %llu, \"own_kib\": %.0f, \"loop_threads\": %zu, \"loop_threads_when_loaded\": %zu, "
      "\"whole\": %s}\n",
      options.sink.c_str(), options.streams, static_cast<unsigned long long>(pushed), wall,
      cpuSeconds() - cpuBefore, static_cast<unsigned long long>(statusKiB("VmHWM:")),
      watch.looks ? watch.ownKiB / watch.looks : 0.0, watch.threads, loadedThreads, whole ? "true" : "false");
  return whole ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Feeds streams into a sink and measures the process."};
  app.add_option("--sink", options.sink, "kvssink or fakesink");
  app.add_option("--endpoint", options.endpoint, "kvs-local's address");
  app.add_option("--prefix", options.prefix, "stream names begin with this");
  app.add_option("--streams", options.streams)->check(CLI::PositiveNumber);
  app.add_option("--seconds", options.seconds)->check(CLI::PositiveNumber);
  app.add_option("--fps", options.fps)->check(CLI::PositiveNumber);
  app.add_option("--bits-per-second", options.bitsPerSecond)->check(CLI::PositiveNumber);
  app.add_flag("--full-speed", options.fullSpeed, "one recording, pushed as fast as it is taken");
  CLI11_PARSE(app, argc, argv);
  gst_init(nullptr, nullptr);
  try {
    return measure(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
