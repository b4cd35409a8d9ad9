#include "engine/io/buffer_arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/base/check.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif

namespace treering::io {
namespace {

constexpr size_t kPage = 4096;

// The largest chunk: as usual, unless so many would be needed that the table of chunks overflows.
uint64_t ChunkBytesMaxFor(uint64_t bytes_max) {
  constexpr uint64_t kSteps = BufferArena::kChunkCountMax - 8;  // the first few are smaller
  const uint64_t step = (bytes_max + kSteps - 1) / kSteps;
  const uint64_t slabs = (step + BufferArena::kSlabBytes - 1) / BufferArena::kSlabBytes;
  return std::clamp(slabs * BufferArena::kSlabBytes, BufferArena::kChunkBytesUsual,
                    BufferArena::kChunkBytesMax);
}

}  // namespace

BufferArena::BufferArena(Options options)
    : options_(std::move(options)),
      bytes_max_(std::min(options_.bytes_max - options_.bytes_max % kSlabBytes,
                          (kChunkCountMax - 8) * kChunkBytesMax)),
      chunk_bytes_max_(ChunkBytesMaxFor(bytes_max_)),
      chunk_of_slab_(bytes_max_ / kSlabBytes) {
  if (bytes_max_ == 0) return;
  // One reservation for all: a slab's chunk is found by its distance from the base.
  reserved_bytes_ = bytes_max_ + kSlabBytes;
  void* const memory = mmap(nullptr, reserved_bytes_, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  reserved_ = static_cast<std::byte*>(memory);
  const uintptr_t address = reinterpret_cast<uintptr_t>(reserved_);
  base_ = reserved_ + (kSlabBytes - address % kSlabBytes) % kSlabBytes;
  // A child must not share pages that the device writes to; a core file need not hold users' data.
  madvise(reserved_, reserved_bytes_, MADV_DONTFORK);
  madvise(reserved_, reserved_bytes_, MADV_DONTDUMP);
  madvise(reserved_, reserved_bytes_, options_.huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

BufferArena::~BufferArena() {
  TREERING_CHECK(allocated_bytes() == 0);
  if (reserved_ != nullptr) munmap(reserved_, reserved_bytes_);
}

std::byte* BufferArena::TakeSlab() {
  base::MutexLock lock(&mutex_);
  std::byte* slab = nullptr;
  if (!free_.empty()) {
    slab = free_.back();
    free_.pop_back();
  } else if (next_offset_ < mapped_bytes()) {
    slab = base_ + next_offset_;
    next_offset_ += kSlabBytes;
  } else {
    return nullptr;
  }
  allocated_bytes_.fetch_add(kSlabBytes, std::memory_order_acq_rel);
  return slab;
}

std::byte* BufferArena::AllocateSlab() {
  while (true) {
    if (std::byte* const slab = TakeSlab(); slab != nullptr) return slab;
    base::MutexLock lock(&grow_mutex_);
    // Somebody else may have grown it or freed a slab meanwhile.
    if (std::byte* const slab = TakeSlab(); slab != nullptr) return slab;
    if (!Grow()) return nullptr;
    base::SchedPoint();
  }
}

void BufferArena::FreeSlab(std::byte* slab) {
  TREERING_CHECK(ChunkIndexOf(slab, kSlabBytes) >= 0 &&
                 static_cast<uint64_t>(slab - base_) % kSlabBytes == 0);
  base::MutexLock lock(&mutex_);
  free_.push_back(slab);
  allocated_bytes_.fetch_sub(kSlabBytes, std::memory_order_acq_rel);
}

bool BufferArena::GrowTo(uint64_t bytes) {
  const uint64_t target = std::min(bytes, bytes_max_);
  while (mapped_bytes() < target) {
    // Released between chunks, so that an allocation can have the one that just came.
    base::MutexLock lock(&grow_mutex_);
    if (mapped_bytes() < target && !Grow()) return false;
    base::SchedPoint();
  }
  return true;
}

uint64_t BufferArena::NextChunkBytes() const {
  const int count = chunk_count();
  const uint64_t doubled = count == 0 ? kChunkBytesMin : 2 * chunk(count - 1).bytes;
  return std::min({doubled, chunk_bytes_max_, bytes_max_ - mapped_bytes()});
}

bool BufferArena::Grow() {
  const int index = chunk_count();
  const uint64_t bytes = NextChunkBytes();
  if (base_ == nullptr || bytes == 0 || index == kChunkCountMax) return false;
  std::byte* const at = base_ + mapped_bytes();
  if (!Populate(at, bytes)) return false;
  chunks_[static_cast<size_t>(index)] = {at, bytes};
  if (options_.announce) options_.announce(index, chunks_[static_cast<size_t>(index)]);
  for (uint64_t offset = 0; offset < bytes; offset += kSlabBytes) {
    chunk_of_slab_[static_cast<uint64_t>(at + offset - base_) / kSlabBytes].store(
        static_cast<uint16_t>(index), std::memory_order_relaxed);
  }
  chunk_count_.store(index + 1, std::memory_order_release);
  mapped_bytes_.fetch_add(bytes, std::memory_order_acq_rel);
  return true;
}

bool BufferArena::Populate(std::byte* base, uint64_t bytes) {
  if (madvise(base, bytes, MADV_POPULATE_WRITE) == 0) return true;
  if (errno != EINVAL) return false;  // ENOMEM, or a limit of a control group
  // An older kernel: touch each page.
  for (uint64_t offset = 0; offset < bytes; offset += kPage) {
    *static_cast<volatile std::byte*>(base + offset) = std::byte{0};
  }
  return true;
}

int BufferArena::ChunkIndexOf(const void* data, size_t bytes) const {
  const auto address = reinterpret_cast<uintptr_t>(data);
  const auto base = reinterpret_cast<uintptr_t>(base_);
  if (base_ == nullptr || bytes == 0 || address < base) return -1;
  const uint64_t offset = address - base;
  const uint64_t mapped = mapped_bytes();
  if (offset >= mapped || bytes > mapped - offset) return -1;
  const int first = chunk_of_slab_[offset / kSlabBytes].load(std::memory_order_relaxed);
  const int last =
      chunk_of_slab_[(offset + bytes - 1) / kSlabBytes].load(std::memory_order_relaxed);
  return first == last ? first : -1;
}

}  // namespace treering::io
