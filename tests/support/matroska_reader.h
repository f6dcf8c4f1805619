// SPDX-License-Identifier: Apache-2.0
// A small reader of live Matroska, written from RFC 9559 and not from our writer, so that the tests
// see the bytes as somebody else would: header, then Clusters with blocks, and Tags between them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace kvs::test {

struct ReadTrack {
  std::uint64_t number = 0;
  std::uint64_t type = 0;
  std::string codecId;
  Bytes codecPrivate;
};

struct ReadBlock {
  std::uint64_t track = 0;
  std::int64_t relative = 0;
  std::uint8_t flags = 0;
  Bytes payload;

  bool key() const { return (flags & 0x80) != 0; }
};

struct ReadTag {
  std::string name;
  std::string value;
  bool operator==(const ReadTag&) const = default;
};

class MatroskaVisitor {
 public:
  virtual ~MatroskaVisitor() = default;
  virtual void onTracks(std::uint64_t /*timecodeScaleNs*/, const std::vector<ReadTrack>&) {}
  virtual void onCluster(std::uint64_t timecode) = 0;
  virtual void onBlock(ReadBlock block) = 0;
  virtual void onTags(const std::vector<ReadTag>& tags) = 0;
};

/// Takes bytes in any pieces. After an error nothing more is read.
class MatroskaReader {
 public:
  explicit MatroskaReader(MatroskaVisitor& visitor) : visitor_(visitor) {}

  void feed(ByteView bytes);

  const std::string& error() const { return error_; }
  /// No element is half read.
  bool atBoundary() const { return pending_.size() == taken_; }

 private:
  struct Element {
    std::uint64_t id = 0;
    std::optional<std::uint64_t> size;  // unset: unknown
    std::size_t headSize = 0;
  };

  bool step();
  std::optional<Element> peek(ByteView bytes) const;
  void open(std::uint64_t id);
  void read(std::uint64_t id, ByteView body);
  void readInfo(ByteView body);
  void readTracks(ByteView body);
  ReadTrack readTrack(ByteView body);
  void readBlock(ByteView body);
  void readTags(ByteView body);
  template <class OnChild>
  void eachChild(ByteView body, OnChild onChild);
  void fail(std::string what);

  MatroskaVisitor& visitor_;
  Bytes pending_;
  std::size_t taken_ = 0;
  std::string error_;
  std::uint64_t timecodeScaleNs_ = 1'000'000;
  bool inSegment_ = false;
  bool inCluster_ = false;
  bool clusterTimed_ = false;
};

/// One Cluster with what the reader saw before and behind it.
struct ReadCluster {
  std::uint64_t timecode = 0;
  std::vector<ReadTag> tagsBefore;  ///< all tags since the Cluster before
  std::vector<ReadBlock> blocks;
};

/// A whole session's bytes, as a list.
struct ReadSession final : MatroskaVisitor {
  std::uint64_t timecodeScaleNs = 0;
  std::vector<ReadTrack> tracks;
  std::vector<ReadCluster> clusters;
  std::vector<ReadTag> tagsBehind;  ///< after the last Cluster

  void onTracks(std::uint64_t scale, const std::vector<ReadTrack>& all) override {
    timecodeScaleNs = scale;
    tracks = all;
  }
  void onCluster(std::uint64_t timecode) override {
    clusters.push_back({timecode, std::exchange(tagsBehind, {}), {}});
  }
  void onBlock(ReadBlock block) override { clusters.back().blocks.push_back(std::move(block)); }
  void onTags(const std::vector<ReadTag>& tags) override {
    tagsBehind.insert(tagsBehind.end(), tags.begin(), tags.end());
  }
};

}  // namespace kvs::test
