// SPDX-License-Identifier: Apache-2.0
// Writes an H.264 Annex-B file as a session would travel, with tags, for other people's tools to judge:
//   write-mkv INPUT.h264 OUTPUT.mkv
// One access unit is one block, 100 ms apart in decoding order; a key frame begins a Cluster.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "media/adapter.h"
#include "media/h264.h"
#include "mkv/cluster.h"
#include "mkv/header.h"
#include "mkv/tags.h"

namespace {

using namespace kvs;

constexpr std::uint64_t firstTime = 1'700'000'000'000;
constexpr std::uint64_t frameDistance = 100;

Bytes readFile(const char* name) {
  std::ifstream file(name, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return {asBytes(text).begin(), asBytes(text).end()};
}

/// The access units, each from its first start code on.
std::vector<ByteView> accessUnits(ByteView stream) {
  std::vector<media::NalUnit> units;
  if (!media::findNalUnits(Pieces(&stream, 1), {}, units)) return {};
  std::vector<std::size_t> begins;
  media::H264UnitState state;
  for (const auto& unit : units) {
    if (media::startsAccessUnit(Pieces(&stream, 1), unit, state)) begins.push_back(unit.offset - 3);
  }
  std::vector<ByteView> out;
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const std::size_t end = i + 1 < begins.size() ? begins[i + 1] : stream.size();
    out.push_back(stream.subspan(begins[i], end - begins[i]));
  }
  return out;
}

class SessionWriter {
 public:
  void unit(ByteView payload) {
    const auto found = adapter_.inspect(Pieces(&payload, 1));
    if (!found) throw std::runtime_error(found.error().message);
    if (out_.empty()) header();
    if (found->key) cluster();
    const auto time = static_cast<std::int16_t>(now_ - clusterTime_);
    sink_.write(mkv::simpleBlockHead(1, time, {.key = found->key}, found->size));
    adapter_.write(Pieces(&payload, 1), sink_);
    now_ += frameDistance;
  }

  const Bytes& finish() {
    const TagGroup event = {{std::string(mkv::notificationTagName), ""}, {"why", "the end"}};
    sink_.write(mkv::endOfFragmentTags(std::span(&event, 1)));
    return out_;
  }

 private:
  void header() {
    mkv::HeaderSpec spec;
    spec.segmentUid.fill(std::byte{0x42});
    spec.title = "write-mkv";
    spec.muxingApp = spec.writingApp = "kvssink tests";
    spec.tracks.push_back({.codecId = std::string(media::rowOf(media::Codec::h264).codecId),
                           .name = "kinesis_video",
                           .codecPrivate = adapter_.codecPrivate().value(),
                           .width = adapter_.width(),
                           .height = adapter_.height()});
    const auto bytes = mkv::header(spec);
    if (!bytes) throw std::runtime_error(bytes.error().message);
    sink_.write(*bytes);
  }

  void cluster() {
    const TagGroup group = {{"cluster", std::to_string(now_)}};
    sink_.write(mkv::tags(std::span(&group, 1)));
    clusterTime_ = now_;
    sink_.write(mkv::clusterHead(now_));
  }

  media::FrameAdapter adapter_ = media::FrameAdapter::create({}).value();
  Bytes out_;
  VectorSink sink_{out_};
  std::uint64_t now_ = firstTime;
  std::uint64_t clusterTime_ = firstTime;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    const Bytes stream = readFile(argv[1]);
    SessionWriter writer;
    for (ByteView unit : accessUnits(stream))
      writer.unit(unit);
    const Bytes& bytes = writer.finish();
    std::ofstream(argv[2], std::ios::binary)
        .write(asText(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "write-mkv: %s\n", error.what());
    return 1;
  }
  return 0;
}
