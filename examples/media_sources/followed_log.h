// SPDX-License-Identifier: Apache-2.0
// A log file that is followed as it grows, as `tail -F` does: each line is a frame of a data track, with the
// time at which it was read. A file that is cut, or replaced by another of its name, is followed from its
// beginning.
#pragma once

#include <string>

#include "client/media_source.h"

namespace example {

class FollowedLog final : public kvs::MediaSource {
 public:
  enum class From {
    end,    ///< only the lines that come
    begin,  ///< those that are there, too
  };

  FollowedLog(std::string streamName, std::string path, From from)
      : streamName_(std::move(streamName)), path_(std::move(path)), from_(from) {}

  kvs::MediaSourceInfo info() const override;
  kvs::Result<void> run(kvs::MediaSink& sink, std::stop_token stop) override;

 private:
  const std::string streamName_;
  const std::string path_;
  const From from_;
};

}  // namespace example
