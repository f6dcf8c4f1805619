// SPDX-License-Identifier: Apache-2.0
// A buffer's bytes, memory by memory: gst_buffer_map() would copy several memories into one.
#pragma once

#include <gst/gst.h>

#include <array>

#include "base/bytes.h"

namespace kvs::gst {

/// Maps for reading while it lives; the buffer must outlive it.
class MappedBuffer {
 public:
  explicit MappedBuffer(GstBuffer* buffer) {
    const guint count = gst_buffer_n_memory(buffer);
    while (count_ < count && count_ < maps_.size() && map(gst_buffer_peek_memory(buffer, count_)))
      ++count_;
    complete_ = count_ == count;
  }
  ~MappedBuffer() {
    for (guint i = 0; i < count_; ++i)
      gst_memory_unmap(maps_[i].memory, &maps_[i]);
  }
  MappedBuffer(const MappedBuffer&) = delete;
  MappedBuffer& operator=(const MappedBuffer&) = delete;

  /// False when a memory could not be mapped.
  bool complete() const { return complete_; }
  Pieces pieces() const { return {pieces_.data(), count_}; }

 private:
  bool map(GstMemory* memory) {
    GstMapInfo& info = maps_[count_];
    if (!gst_memory_map(memory, &info, GST_MAP_READ)) return false;
    pieces_[count_] = {reinterpret_cast<const std::byte*>(info.data), info.size};
    return true;
  }

  static constexpr std::size_t mostMemories =
      16;                                      // GStreamer merges what is more (gst_buffer_get_max_memory)
  std::array<GstMapInfo, mostMemories> maps_;  // not cleared: the first count_ are in use
  std::array<ByteView, mostMemories> pieces_;
  guint count_ = 0;
  bool complete_ = false;
};

}  // namespace kvs::gst
