// SPDX-License-Identifier: Apache-2.0
#include "synthetic_camera.h"

#include <algorithm>
#include <chrono>

#include "ipcm_encoder.h"
#include "wait.h"

namespace example {

namespace {

constexpr unsigned columns = 10, rows = 6, bitsShown = 10;
constexpr unsigned secondsBetweenKeys = 2;

void fill(Picture& picture, unsigned column, unsigned row, std::uint8_t value) {
  for (unsigned y = row * 16; y < row * 16 + 16; ++y) {
    for (unsigned x = column * 16; x < column * 16 + 16; ++x)
      picture.at(x, y) = value;
  }
}

Picture pictureOf(std::uint64_t number) {
  Picture picture(columns, rows);
  for (unsigned bit = 0; bit < bitsShown; ++bit)
    fill(picture, bit, 0, (number >> (bitsShown - 1 - bit) & 1) != 0 ? 235 : 16);
  for (unsigned row = 2; row < rows; ++row)
    fill(picture, static_cast<unsigned>(number % columns), row, 235);
  return picture;
}

}  // namespace

kvs::MediaSourceInfo SyntheticCamera::info() const {
  kvs::TrackFormat format;
  format.name = "kinesis_video";
  format.frameDuration = kvs::Nanoseconds(std::chrono::seconds(1)) / framesPerSecond_;
  kvs::MediaSourceInfo info;
  info.stream.name = streamName_;
  info.tracks.push_back({.kind = kvs::TrackKind::video, .format = format});
  return info;
}

kvs::Result<void> SyntheticCamera::run(kvs::MediaSink& sink, std::stop_token stop) {
  if (auto put = sink.metadata({"camera", "synthetic"}, true); !put) return put;
  IpcmEncoder encoder(columns, rows);
  const kvs::Nanoseconds distance = kvs::Nanoseconds(std::chrono::seconds(1)) / framesPerSecond_;
  const auto begun = std::chrono::steady_clock::now();
  std::uint64_t sinceKey = 0;
  for (std::uint64_t number = 0; !stop.stop_requested() && (frames_ == 0 || number < frames_); ++number) {
    const kvs::Nanoseconds time = distance * static_cast<std::int64_t>(number);
    const bool isDue = sinceKey >= std::uint64_t{framesPerSecond_} * secondsBetweenKeys;
    const bool key = sink.keyFrameWanted() || number == 0 || isDue;
    sinceKey = key ? 1 : sinceKey + 1;
    const auto unit = encoder.encode(pictureOf(number), key);
    if (key) {
      if (auto put = sink.metadata({"first-frame", std::to_string(number)}); !put) return put;
    }
    const kvs::ByteView payload[] = {unit};
    const auto put =
        sink.frame({.pts = time, .dts = time, .duration = distance, .key = key, .payload = payload});
    if (!put) return kvs::fail(put.error());
    waitUntil(begun + time + distance, stop);
  }
  return {};
}

}  // namespace example
