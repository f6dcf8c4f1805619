// SPDX-License-Identifier: Apache-2.0
#include "client/stream_sink.h"

#include <utility>

namespace kvs::client {

namespace {

auto noSuchTrack(std::size_t track, std::size_t count) {
  return fail(StatusCode::invalidArg, ErrorKind::fatal,
              "The source speaks of its track " + std::to_string(track) + ", but has announced " +
                  std::to_string(count) + ", counted from 0.");
}

}  // namespace

Result<std::unique_ptr<StreamSink>> StreamSink::create(Stream& stream, std::vector<TrackConfig> tracks) {
  std::unique_ptr<StreamSink> sink(new StreamSink(stream));
  for (TrackConfig& track : tracks) {
    auto writer = stream.addTrack(std::move(track));
    if (!writer) return fail(std::move(writer.error()));
    sink->tracks_.push_back(std::move(*writer));
  }
  return sink;
}

TrackWriter* StreamSink::find(std::size_t track) const {
  return track < tracks_.size() ? tracks_[track].get() : nullptr;
}

Result<FrameFate> StreamSink::frame(const Frame& frame, std::size_t track) {
  TrackWriter* writer = find(track);
  if (!writer) return noSuchTrack(track, tracks_.size());
  return writer->put(frame);
}

Result<void> StreamSink::format(TrackFormat format, std::size_t track) {
  TrackWriter* writer = find(track);
  if (!writer) return noSuchTrack(track, tracks_.size());
  return writer->setFormat(std::move(format));
}

void StreamSink::gap(Nanoseconds pts, Nanoseconds duration, std::size_t track) {
  if (TrackWriter* writer = find(track)) writer->gap(pts, duration);
}

Result<void> StreamSink::metadata(Tag tag, bool persistent) {
  return stream_.putMetadata(std::move(tag), persistent);
}

Result<void> StreamSink::event(FragmentEvent event) {
  return stream_.putEvent(std::move(event));
}

bool StreamSink::keyFrameWanted(std::size_t track) {
  TrackWriter* writer = find(track);
  return writer && writer->keyFrameWanted();
}

void StreamSink::beginAgain() {
  for (const auto& track : tracks_)
    track->changeSource();
}

}  // namespace kvs::client
