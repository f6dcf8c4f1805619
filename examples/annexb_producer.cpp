// SPDX-License-Identifier: Apache-2.0
// producer-core without GStreamer: reads an H.264 Annex-B file (as `ffmpeg -c copy -f h264` or x264
// write it), puts it into a Kinesis video stream as fast as the link goes, and prints each
// acknowledgement. The file has no times, so frames are counted at --fps; it must have no B-frames.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <future>
#include <iterator>
#include <vector>

#include "media/nal.h"
#include "producer.h"

namespace {

class Printer final : public kvs::StreamListener {
 public:
  void onStreamReady() override { std::printf("the stream is ready\n"); }
  void onConnection(const kvs::ConnectionChange& change) override {
    if (change.reason)
      std::printf("retrying in %lld ms: %s\n", ms(change.delay), change.reason->message.c_str());
  }
  void onFragmentAck(const kvs::FragmentAck& ack) override {
    static constexpr const char* names[] = {"BUFFERING", "RECEIVED", "PERSISTED", "ERROR", "IDLE"};
    std::printf("%-9s fragment %s at %lld ms%s%s\n", names[static_cast<int>(ack.type)],
                ack.fragmentNumber.c_str(), static_cast<long long>(ack.timecodeMs.value_or(-1)),
                ack.errorCode.empty() ? "" : ": ", ack.errorCode.c_str());
  }
  void onFragmentLost(const kvs::FragmentLost& lost) override {
    std::printf("lost: a fragment of %u frames\n", lost.frames);
  }
  void onDrained() override { finish(true); }
  void onError(const kvs::Error& error) override {
    std::printf("the stream ended: %s\n", error.message.c_str());
    finish(false);
  }

  /// True when everything is durable, false when the stream has ended before.
  bool waitForTheEnd() { return whole_.get_future().get(); }

 private:
  void finish(bool whole) {
    if (!std::exchange(finished_, true)) whole_.set_value(whole);
  }
  static long long ms(kvs::Milliseconds time) { return static_cast<long long>(time.count()); }

  std::promise<bool> whole_;
  bool finished_ = false;
};

std::vector<std::byte> readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto view = std::as_bytes(std::span(bytes));
  return {view.begin(), view.end()};
}

/// Each NAL unit is a piece of an access unit; the core finds out where one ends and the next begins.
kvs::Result<void> putUnits(kvs::TrackWriter& track, kvs::ByteView file) {
  const kvs::ByteView whole[] = {file};
  std::vector<kvs::media::NalUnit> units;
  if (auto found = kvs::media::findNalUnits(whole, {}, units); !found) return found;
  static constexpr std::byte startCode[4] = {{}, {}, {}, std::byte{1}};
  for (const auto& unit : units) {
    const kvs::ByteView pieces[] = {startCode, file.subspan(unit.offset, unit.size)};
    const auto put = track.put({.key = true, .endOfUnit = false, .payload = pieces});
    if (!put) return kvs::fail(put.error());
  }
  return {};
}

int complain(const kvs::Error& error) {
  std::fprintf(stderr, "%s (%s)\n", error.message.c_str(), kvs::toHex(error.code).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Sends an H.264 Annex-B file to a Kinesis video stream."};
  std::string path;
  std::string name = "DEFAULT_STREAM";
  kvs::ProducerConfig config;
  double fps = 25;
  app.add_option("file", path, "the H.264 file")->required()->check(CLI::ExistingFile);
  app.add_option("--stream-name", name, "the stream; it is created where it is missing");
  app.add_option("--endpoint", config.endpoint, "the service, e.g. http://127.0.0.1:8443 for kvs-local");
  app.add_option("--region", config.region, "the AWS region");
  app.add_option("--fps", fps, "frames per second of the file")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  auto producer = kvs::Producer::create(config);
  if (!producer) return complain(producer.error());

  const auto printer = std::make_shared<Printer>();
  auto stream =
      (*producer)->createStream({.name = name, .streamingType = kvs::StreamingType::offline}, printer);
  if (!stream) return complain(stream.error());

  kvs::TrackFormat format;
  format.name = "kinesis_video";
  format.frameDuration = kvs::Nanoseconds(static_cast<std::int64_t>(1e9 / fps));
  format.nalAligned = true;
  auto track = (*stream)->addTrack({.kind = kvs::TrackKind::video, .format = format});
  if (!track) return complain(track.error());

  if (auto put = putUnits(**track, readFile(path)); !put) return complain(put.error());
  (*stream)->endOfStream();
  const bool whole = printer->waitForTheEnd();
  const kvs::StreamStats stats = (*stream)->stats();
  std::printf("%llu frames put, %llu persisted in %llu fragments\n",
              static_cast<unsigned long long>(stats.framesIn),
              static_cast<unsigned long long>(stats.framesPersisted),
              static_cast<unsigned long long>(stats.acksPersisted));
  return whole ? 0 : 1;
}
