// SPDX-License-Identifier: Apache-2.0
#include "pads/tracks.h"

#include <algorithm>
#include <utility>

namespace kvs::gst {

bool Tracks::add(GstPad* pad, TrackKind kind) {
  const Lock lock(mutex_);
  const bool exists = std::any_of(entries_.begin(), entries_.end(),
                                  [&](const auto& item) { return item.second.kind == kind; });
  if (exists) return false;
  Entry& entry = entries_[pad];
  entry = {kind, GST_OBJECT_NAME(pad), nullptr, false};
  if (stream_) (void)addTo(entry);  // one that finds no place yet is added when its caps come
  return true;
}

TrackId Tracks::remove(GstPad* pad) {
  Writer writer;
  {
    const Lock lock(mutex_);
    writer = std::move(entries_.at(pad).writer);
    entries_.erase(pad);
  }
  if (!writer) return {};
  writer->remove();
  return writer->id();
}

void Tracks::open(Stream& stream) {
  const Lock lock(mutex_);
  stream_ = &stream;
  for (auto& [pad, entry] : entries_)
    (void)addTo(entry);
}

void Tracks::close() {
  std::vector<Writer> writers;  // they are let go without the lock
  const Lock lock(mutex_);
  stream_ = nullptr;
  for (auto& [pad, entry] : entries_) {
    writers.push_back(std::exchange(entry.writer, nullptr));
    entry.settled = false;
  }
}

Result<Tracks::Writer> Tracks::addTo(Entry& entry) {
  if (entry.writer) return entry.writer;
  auto added = stream_->addTrack({.kind = entry.kind, .label = entry.label});
  if (!added) return fail(std::move(added.error()));
  return entry.writer = std::move(*added);
}

Result<TrackId> Tracks::setFormat(GstPad* pad, TrackFormat format) {
  Writer writer;
  {
    const Lock lock(mutex_);
    if (!stream_) return fail(StatusCode::streamStopped, ErrorKind::cancelled, "The stream was stopped.");
    auto added = addTo(entries_.at(pad));
    if (!added) return fail(std::move(added.error()));
    writer = std::move(*added);
  }
  if (auto set = writer->setFormat(std::move(format)); !set) return fail(std::move(set.error()));
  return writer->id();
}

bool Tracks::settle(GstPad* pad) {
  const Lock lock(mutex_);
  entries_.at(pad).settled = true;
  return std::all_of(entries_.begin(), entries_.end(), [](const auto& item) { return item.second.settled; });
}

Tracks::Writer Tracks::writerOf(GstPad* pad) const {
  const Lock lock(mutex_);
  const auto entry = entries_.find(pad);
  return entry == entries_.end() ? nullptr : entry->second.writer;
}

bool Tracks::isAlone(GstPad* pad) const {
  const Lock lock(mutex_);
  return entries_.size() == 1 && entries_.contains(pad);
}

}  // namespace kvs::gst
