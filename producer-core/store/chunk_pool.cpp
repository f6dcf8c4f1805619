// SPDX-License-Identifier: Apache-2.0
#include "store/chunk_pool.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <list>
#include <vector>

#include "base/mutex.h"

namespace kvs::store {

namespace {
constexpr std::size_t chunksPerSlab = 16;
constexpr std::size_t slabSize = chunkSize * chunksPerSlab;
/// Free chunks that may stay resident, so that a steady stream causes no page faults.
constexpr std::size_t warmChunks = 32;
}  // namespace

struct Chunk {
  std::atomic<std::uint32_t> refs{0};
  std::byte* data = nullptr;
  std::shared_ptr<StorageBudget> budget;
  ChunkPool::Impl* pool = nullptr;
  void* slab = nullptr;  // the ChunkPool::Slab it was cut from
};

struct ChunkPool::Slab {
  std::byte* memory = nullptr;
  std::array<Chunk, chunksPerSlab> chunks;
  std::vector<Chunk*> freeChunks;  // taken from the back: the warmest first
  std::list<Slab>::iterator place;
};

struct ChunkPool::Impl {
  Slab* slabWithRoom() KVS_REQUIRES(mutex);
  Slab* mapSlab() KVS_REQUIRES(mutex);
  void put(Chunk* chunk) KVS_EXCLUDES(mutex);
  void unmap(Slab* slab) KVS_REQUIRES(mutex);

  Mutex mutex{"chunk pool"};
  std::list<Slab> slabs KVS_GUARDED_BY(mutex);  // those with free chunks stand before those without
  std::size_t freeCount KVS_GUARDED_BY(mutex) = 0;
};

ChunkRef::ChunkRef(const ChunkRef& other) : chunk_(other.chunk_) {
  if (chunk_) chunk_->refs.fetch_add(1, std::memory_order_relaxed);
}

ChunkRef::~ChunkRef() {
  if (chunk_ && chunk_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) ChunkPool::giveBack(chunk_);
}

std::byte* ChunkRef::data() const {
  return chunk_->data;
}

ChunkPool::ChunkPool() : impl_(std::make_unique<Impl>()) {}

ChunkPool::~ChunkPool() {
  for (Slab& slab : impl_->slabs)
    munmap(slab.memory, slabSize);
}

ChunkPool& ChunkPool::shared() {
  static auto* const pool = new ChunkPool;  // leaked on purpose: see the header
  return *pool;
}

ChunkRef ChunkPool::take(std::shared_ptr<StorageBudget> budget, std::size_t overdraft) {
  if (!budget->tryCharge(chunkSize, overdraft)) return {};
  const Lock lock(impl_->mutex);
  Slab* slab = impl_->slabWithRoom();
  if (!slab) {
    budget->release(chunkSize);
    return {};
  }
  Chunk* chunk = slab->freeChunks.back();
  slab->freeChunks.pop_back();
  --impl_->freeCount;
  if (slab->freeChunks.empty()) impl_->slabs.splice(impl_->slabs.end(), impl_->slabs, slab->place);
  chunk->budget = std::move(budget);
  chunk->refs.store(1, std::memory_order_relaxed);
  return ChunkRef(chunk);
}

std::size_t ChunkPool::mappedBytes() const {
  const Lock lock(impl_->mutex);
  return impl_->slabs.size() * slabSize;
}

void ChunkPool::giveBack(Chunk* chunk) {
  const std::shared_ptr<StorageBudget> budget = std::move(chunk->budget);
  chunk->pool->put(chunk);
  budget->release(chunkSize);
}

ChunkPool::Slab* ChunkPool::Impl::slabWithRoom() {
  if (!slabs.empty() && !slabs.front().freeChunks.empty()) return &slabs.front();
  return mapSlab();
}

ChunkPool::Slab* ChunkPool::Impl::mapSlab() {
  void* memory = mmap(nullptr, slabSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  Slab& slab = slabs.emplace_front();
  slab.memory = static_cast<std::byte*>(memory);
  slab.place = slabs.begin();
  slab.freeChunks.reserve(chunksPerSlab);
  for (std::size_t i = chunksPerSlab; i-- > 0;) {
    Chunk& chunk = slab.chunks[i];
    chunk.data = slab.memory + i * chunkSize;
    chunk.pool = this;
    chunk.slab = &slab;
    slab.freeChunks.push_back(&chunk);
  }
  freeCount += chunksPerSlab;
  return &slab;
}

void ChunkPool::Impl::put(Chunk* chunk) {
  const Lock lock(mutex);
  auto* slab = static_cast<Slab*>(chunk->slab);
  if (slab->freeChunks.empty()) slabs.splice(slabs.begin(), slabs, slab->place);
  slab->freeChunks.push_back(chunk);
  ++freeCount;
  const bool manyFree = freeCount > warmChunks;
  if (slab->freeChunks.size() == chunksPerSlab && manyFree) {
    unmap(slab);
  } else if (manyFree) {
    madvise(chunk->data, chunkSize, MADV_DONTNEED);
  }
}

void ChunkPool::Impl::unmap(Slab* slab) {
  munmap(slab->memory, slabSize);
  freeCount -= chunksPerSlab;
  slabs.erase(slab->place);
}

}  // namespace kvs::store
