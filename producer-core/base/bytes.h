// SPDX-License-Identifier: Apache-2.0
// Bytes as the core passes them around: views that own nothing, and sinks that take them in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace kvs {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

/// A payload that lies in several memories, in order (a GstBuffer with many GstMemory blocks).
using Pieces = std::span<const ByteView>;

inline ByteView asBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view asText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::size_t totalSize(Pieces pieces) {
  std::size_t size = 0;
  for (ByteView piece : pieces)
    size += piece.size();
  return size;
}

/// Takes bytes in order. NAL adaptation and the Matroska writer write into one of these, so that a payload
/// goes straight to where it will stay, whether that is a vector or the log's chunks.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void write(ByteView bytes) = 0;
};

/// The sink for everything small: headers, codec private data, tests.
class VectorSink final : public ByteSink {
 public:
  explicit VectorSink(Bytes& out) : out_(out) {}
  void write(ByteView bytes) override { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

 private:
  Bytes& out_;
};

}  // namespace kvs
