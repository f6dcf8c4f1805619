// SPDX-License-Identifier: Apache-2.0
// A file of H.264 (Annex-B, as cameras and `ffmpeg -c copy -f h264` write it) that is sent as fast as the
// link goes, with the time at which it was recorded. It must have no B-frames, since the file has no times.
#pragma once

#include <optional>
#include <string>

#include "client/media_source.h"

namespace example {

class Recording final : public kvs::MediaSource {
 public:
  /// `begin`: when it was recorded; unset: so long before the file was last written as it lasts.
  Recording(std::string streamName, std::string path, double framesPerSecond,
            std::optional<kvs::WallTime> begin)
      : streamName_(std::move(streamName)),
        path_(std::move(path)),
        framesPerSecond_(framesPerSecond),
        begin_(begin) {}

  kvs::MediaSourceInfo info() const override;
  kvs::Result<void> run(kvs::MediaSink& sink, std::stop_token stop) override;

 private:
  kvs::Nanoseconds timeOf(std::size_t picture) const;

  const std::string streamName_;
  const std::string path_;
  const double framesPerSecond_;
  const std::optional<kvs::WallTime> begin_;
};

}  // namespace example
