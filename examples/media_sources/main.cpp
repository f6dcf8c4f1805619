// SPDX-License-Identifier: Apache-2.0
// The Producer Client with three kinds of source, each in a stream of its own and any number of them at once:
//
//   media_sources --endpoint http://127.0.0.1:8443 --camera yard --log syslog=/var/log/syslog
//   media_sources --recording door=door.h264 --fps 25 --recorded-at 2026-11-28T08:00:00Z
//
// It ends when all sources have, or at Ctrl-C, once what they gave is durable.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "client/kinesis_video_client.h"
#include "followed_log.h"
#include "recording.h"
#include "synthetic_camera.h"

namespace {

constexpr std::chrono::seconds drainFor{30};

/// Counts the sources that run, so that main() knows when the last one has ended.
class Running {
 public:
  void add() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void remove() {
    const std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_all();
  }
  /// True when none is left.
  bool waitFor(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

class Printer final : public kvs::MediaSourceListener {
 public:
  Printer(std::string name, Running& running) : name_(std::move(name)), running_(running) {}

  void onMediaSourceStatus(const kvs::MediaSourceStatus& status) override {
    if (status.state == kvs::MediaSourceState::running) return say("runs");
    say(status.error ? "failed: " + status.error->message : "has ended");
    running_.remove();
  }
  void onFragmentAck(const kvs::FragmentAck& ack) override {
    if (ack.type == kvs::FragmentAck::Type::persisted) say("stored fragment " + ack.fragmentNumber);
  }
  void onWarning(const kvs::Error& error) override { say(error.message); }
  void onError(const kvs::Error& error) override { say("its stream has ended: " + error.message); }

 private:
  void say(const std::string& text) const { std::printf("%s: %s\n", name_.c_str(), text.c_str()); }

  const std::string name_;
  Running& running_;
};

struct Options {
  kvs::ProducerConfig producer;
  std::vector<std::string> cameras;
  std::vector<std::pair<std::string, std::string>> logs;
  std::vector<std::pair<std::string, std::string>> recordings;
  bool wholeLogs = false;
  double framesPerSecond = 25;
  std::uint64_t frames = 0;
  std::string recordedAt;
};

/// STREAM=PATH
std::pair<std::string, std::string> pairOf(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos) throw CLI::ValidationError(text, "must be STREAM=FILE");
  return {text.substr(0, at), text.substr(at + 1)};
}

std::optional<kvs::WallTime> timeOf(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (!end || *end != '\0') throw CLI::ValidationError(text, "must be a time such as 2026-11-28T08:00:00Z");
  return kvs::WallTime(std::chrono::seconds(timegm(&parts)));
}

using Sources = std::vector<std::pair<std::string, std::shared_ptr<kvs::MediaSource>>>;

Sources makeSources(const Options& options) {
  Sources sources;
  for (const auto& name : options.cameras) {
    const auto rate = static_cast<unsigned>(options.framesPerSecond);
    sources.emplace_back(name, std::make_shared<example::SyntheticCamera>(name, rate, options.frames));
  }
  const auto from = options.wholeLogs ? example::FollowedLog::From::begin : example::FollowedLog::From::end;
  for (const auto& [name, path] : options.logs)
    sources.emplace_back(name, std::make_shared<example::FollowedLog>(name, path, from));
  for (const auto& [name, path] : options.recordings) {
    sources.emplace_back(name, std::make_shared<example::Recording>(name, path, options.framesPerSecond,
                                                                    timeOf(options.recordedAt)));
  }
  return sources;
}

std::atomic<bool> interrupted{false};

int complain(const kvs::Error& error) {
  std::fprintf(stderr, "%s (%s)\n", error.message.c_str(), kvs::toHex(error.code).c_str());
  return 1;
}

/// True if each source ended well and left nothing behind.
bool unregisterAll(kvs::KinesisVideoClient& client, const Sources& sources) {
  bool whole = true;
  for (const auto& [name, source] : sources) {
    const auto status = client.status(*source);
    const auto stored = client.unregisterMediaSource(*source, drainFor);
    if (!stored || !*stored) std::printf("%s: not all of it was stored\n", name.c_str());
    whole = whole && status && !status->error && stored && *stored;
  }
  return whole;
}

int run(const Options& options) {
  Running running;  // outlives the client, whose end still stops what runs
  auto client = kvs::KinesisVideoClient::create(options.producer);
  if (!client) return complain(client.error());
  const Sources sources = makeSources(options);
  for (const auto& [name, source] : sources) {
    const auto printer = std::make_shared<Printer>(name, running);
    if (auto done = (*client)->registerMediaSource(source, printer); !done) return complain(done.error());
    running.add();
  }
  if (auto started = (*client)->startAllMediaSources(); !started) return complain(started.error());
  while (!interrupted && !running.waitFor(std::chrono::milliseconds(200))) {
  }
  if (auto stopped = (*client)->stopAllMediaSources(); !stopped) return complain(stopped.error());
  return unregisterAll(**client, sources) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Streams cameras without a device, logs and recordings, each into a Kinesis video stream."};
  Options options;
  std::vector<std::string> logs;
  std::vector<std::string> recordings;
  app.add_option("--endpoint", options.producer.endpoint,
                 "the service, e.g. http://127.0.0.1:8443 for kvs-local");
  app.add_option("--region", options.producer.region, "the AWS region");
  app.add_option("--camera", options.cameras, "STREAM: a picture that moves, made here");
  app.add_option("--log", logs, "STREAM=FILE: each line that comes");
  app.add_flag("--whole-log", options.wholeLogs, "and the lines that are there already");
  app.add_option("--recording", recordings, "STREAM=FILE: H.264 in Annex-B, without B-frames");
  app.add_option("--recorded-at", options.recordedAt,
                 "when recordings begin; default: by the file's own time");
  app.add_option("--fps", options.framesPerSecond, "frames per second of cameras and recordings")
      ->check(CLI::Range(1.0, 120.0));
  app.add_option("--frames", options.frames, "how many frames a camera gives; default: until Ctrl-C");
  CLI11_PARSE(app, argc, argv);
  signal(SIGINT, [](int) { interrupted = true; });
  signal(SIGTERM, [](int) { interrupted = true; });
  setvbuf(stdout, nullptr, _IOLBF, 0);
  try {
    for (const auto& log : logs)
      options.logs.push_back(pairOf(log));
    for (const auto& recording : recordings)
      options.recordings.push_back(pairOf(recording));
    return run(options);
  } catch (const CLI::Error& error) {
    return app.exit(error);
  }
}
