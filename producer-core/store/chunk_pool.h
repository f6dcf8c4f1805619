// SPDX-License-Identifier: Apache-2.0
// Where buffered media lies: chunks of 64 KiB cut from mapped slabs of one process-wide pool that
// gives empty slabs back to the system, so that an outage's memory does not stay with the process.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "store/budget.h"

namespace kvs::store {

inline constexpr std::size_t chunkSize = 64 * 1024;

struct Chunk;

/// A counted reference to a chunk. The last one gives the chunk back to the pool and its bytes back
/// to the budget they were charged to. Copying is an atomic increment; any thread.
class ChunkRef {
 public:
  ChunkRef() = default;
  ChunkRef(const ChunkRef& other);
  ChunkRef(ChunkRef&& other) noexcept : chunk_(std::exchange(other.chunk_, nullptr)) {}
  ChunkRef& operator=(ChunkRef other) noexcept {
    std::swap(chunk_, other.chunk_);
    return *this;
  }
  ~ChunkRef();

  explicit operator bool() const { return chunk_ != nullptr; }
  bool operator==(const ChunkRef& other) const = default;
  std::byte* data() const;

 private:
  friend class ChunkPool;
  explicit ChunkRef(Chunk* chunk) : chunk_(chunk) {}
  Chunk* chunk_ = nullptr;
};

/// Thread-safe.
class ChunkPool {
 public:
  ChunkPool();
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

  /// The process's pool; never destroyed, since chunks may outlive every static object.
  static ChunkPool& shared();

  /// A chunk charged to `budget`; empty where the budget or the system has no more.
  ChunkRef take(std::shared_ptr<StorageBudget> budget, std::size_t overdraft = 0);

  /// Bytes of address space mapped at this moment, for tests and metrics.
  std::size_t mappedBytes() const;

  struct Impl;  // opaque

 private:
  friend class ChunkRef;
  struct Slab;
  static void giveBack(Chunk* chunk);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kvs::store
