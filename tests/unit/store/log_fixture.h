// SPDX-License-Identifier: Apache-2.0
// A small log with a budget counted in chunks, and the few gestures its tests are made of.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/log_feed.h"

namespace kvs::store::test {

inline constexpr std::size_t headSize = 9;

/// `size` bytes that depend on `seed` and on their place.
inline Bytes pattern(std::uint64_t seed, std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>((seed * 131 + i * 7 + (i >> 8)) & 0xff);
  return bytes;
}

/// What was told of a fragment that was dropped.
struct Dropped {
  FragmentId id;
  LossReason reason;
  bool sent;
  std::uint64_t bytes;
  std::uint32_t frames;
  bool operator==(const Dropped&) const = default;
};

class LogFixture : public testing::Test {
 protected:
  explicit LogFixture(std::size_t chunks = 64, Nanoseconds duration = Nanoseconds::max(),
                      Nanoseconds keep = {}, bool keepAll = false)
      : budget(std::make_shared<StorageBudget>(chunks * chunkSize)),
        log({budget, duration, Nanoseconds{0}, {keep, keepAll}}, pool, [this](const Loss& loss) {
          losses.push_back(
              {loss.id, loss.reason, loss.unconfirmed, loss.fragment.bytes, loss.fragment.frames});
        }) {}

  /// A block of `size` bytes, its head included, all of it known.
  std::optional<Block> block(std::size_t size, std::uint64_t seed, bool mayDrop = true) {
    auto reserved = log.reserve(headSize, size - headSize, mayDrop);
    if (!reserved) return std::nullopt;
    const Bytes bytes = pattern(seed, size);
    reserved->write(ByteView(bytes).subspan(headSize));
    reserved->writeHead(ByteView(bytes).first(headSize));
    return reserved;
  }

  bool append(std::size_t size, std::uint64_t seed, bool mayDrop = true, Nanoseconds extent = {}) {
    auto made = block(size, seed, mayDrop);
    if (!made || !log.growing()) return false;
    log.append(std::move(*made), 0, extent);
    return true;
  }

  /// A sealed fragment of one block.
  FragmentId sealed(std::size_t size, Nanoseconds extent = {}) {
    log.open({}, {}, 0);
    const FragmentId id = log.newest()->id;
    EXPECT_TRUE(append(size, id, true, extent));
    log.seal();
    return id;
  }

  /// What the cursor can read now of the fragment it is inside of.
  Bytes readAll(std::size_t piece = 1000) {
    Bytes bytes;
    for (Span span = feed.read(piece); span.size > 0; span = feed.read(piece)) {
      EXPECT_LE(span.size, piece);
      bytes.insert(bytes.end(), span.view().begin(), span.view().end());
    }
    return bytes;
  }

  /// Sends the next fragment wholly; its id.
  FragmentId send() {
    const FragmentRecord* fragment = feed.ahead().record;
    EXPECT_NE(fragment, nullptr);
    const FragmentId id = fragment->id;
    feed.enter();
    readAll();
    EXPECT_TRUE(feed.atEndOfFragment());
    feed.leave();
    return id;
  }

  FragmentState stateOf(FragmentId id) {
    const FragmentRecord* fragment = log.find(id);
    EXPECT_NE(fragment, nullptr);
    return fragment ? fragment->state : FragmentState::lost;
  }

  ChunkPool pool;
  std::shared_ptr<StorageBudget> budget;
  std::vector<Dropped> losses;
  FragmentLog log;
  LogFeed feed{log};
};

}  // namespace kvs::store::test
