// SPDX-License-Identifier: Apache-2.0
// A camera that needs neither a device nor an encoder: a bright bar wanders over a grey picture, and the
// number of the frame stands above it as a row of dark and bright squares, its highest bit first.
#pragma once

#include <string>

#include "client/media_source.h"

namespace example {

class SyntheticCamera final : public kvs::MediaSource {
 public:
  /// `frames`: 0 goes on until the client stops it.
  explicit SyntheticCamera(std::string streamName, unsigned framesPerSecond = 25, std::uint64_t frames = 0)
      : streamName_(std::move(streamName)), framesPerSecond_(framesPerSecond), frames_(frames) {}

  kvs::MediaSourceInfo info() const override;
  kvs::Result<void> run(kvs::MediaSink& sink, std::stop_token stop) override;

 private:
  const std::string streamName_;
  const unsigned framesPerSecond_;
  const std::uint64_t frames_;
};

}  // namespace example
