#include "engine/io/buffer_arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>
#include <vector>

#include "engine/base/check.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4  // Linux 5.7
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif

namespace treering::io {
namespace {

constexpr size_t kPage = 4096;
// Ranges that a device keeps: far more than there are requests in flight.
constexpr size_t kQuarantineUsual = 1024;

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
  free_.reserve(bytes_max_ / kSlabBytes);  // a slab is given back without an allocation
  quarantined_.reserve(kQuarantineUsual);
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
  TREERING_CHECK(allocated_bytes() == 0 && elsewhere_bytes_ == 0);
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
  if (!Quarantined(slab, kSlabBytes)) free_.push_back(slab);
  allocated_bytes_.fetch_sub(kSlabBytes, std::memory_order_acq_rel);
}

// Count free slabs, adjacent ones if there are; none when there are not so many.
std::vector<std::byte*> BufferArena::TakeSlabs(size_t count) {
  std::vector<std::byte*> taken;
  taken.reserve(count);
  base::MutexLock lock(&mutex_);
  const size_t fresh = (mapped_bytes() - next_offset_) / kSlabBytes;
  if (fresh >= count) {
    for (size_t i = 0; i < count; ++i) taken.push_back(base_ + next_offset_ + i * kSlabBytes);
    next_offset_ += count * kSlabBytes;
  } else if (free_.size() + fresh >= count) {
    for (; next_offset_ < mapped_bytes(); next_offset_ += kSlabBytes) {
      free_.push_back(base_ + next_offset_);
    }
    std::sort(free_.begin(), free_.end());
    size_t begin = 0;
    for (size_t end = 1; end < free_.size() && end - begin < count; ++end) {
      if (free_[end] != free_[end - 1] + kSlabBytes) begin = end;
    }
    begin = std::min(begin, free_.size() - count);
    const auto first = free_.begin() + static_cast<ptrdiff_t>(begin);
    taken.assign(first, first + static_cast<ptrdiff_t>(count));
    free_.erase(first, first + static_cast<ptrdiff_t>(count));
  } else {
    return taken;
  }
  allocated_bytes_.fetch_add(count * kSlabBytes, std::memory_order_acq_rel);
  return taken;
}

// Where the slabs' pages are then, in order; null when the system does not do it.
std::byte* BufferArena::MoveTogether(const std::vector<std::byte*>& slabs) {
  const size_t bytes = slabs.size() * kSlabBytes;
  void* const window = mmap(nullptr, bytes + kSlabBytes, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (window == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<std::byte*>(window);
  const size_t before = (kSlabBytes - reinterpret_cast<uintptr_t>(begin) % kSlabBytes) % kSlabBytes;
  std::byte* const run = begin + before;
  if (before > 0) munmap(begin, before);
  if (before < kSlabBytes) munmap(run + bytes, kSlabBytes - before);
  for (size_t i = 0; i < slabs.size(); ++i) {
    // The old place stays ours, empty, for the way back.
    if (mremap(slabs[i], kSlabBytes, kSlabBytes, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
               run + i * kSlabBytes) != MAP_FAILED) {
      continue;
    }
    for (size_t back = 0; back < i; ++back) {
      TREERING_CHECK(mremap(run + back * kSlabBytes, kSlabBytes, kSlabBytes,
                            MREMAP_MAYMOVE | MREMAP_FIXED, slabs[back]) == slabs[back]);
    }
    munmap(run + i * kSlabBytes, bytes - i * kSlabBytes);
    return nullptr;
  }
  return run;
}

std::byte* BufferArena::AllocateRun(size_t slabs) {
  if (slabs == 0 || slabs > bytes_max_ / kSlabBytes) return nullptr;
  std::vector<std::byte*> taken = TakeSlabs(slabs);
  while (taken.empty()) {
    const uint64_t wanted = allocated_bytes() + slabs * kSlabBytes;
    if (wanted > bytes_max_ || !GrowTo(std::max(wanted, mapped_bytes() + 1))) return nullptr;
    taken = TakeSlabs(slabs);
    if (taken.empty() && mapped_bytes() == bytes_max_) return nullptr;  // others were faster
    base::SchedPoint();
  }
  std::map<std::byte*, std::vector<std::byte*>> entry;
  try {
    entry.try_emplace(taken.front());  // of where they will be used
  } catch (const std::bad_alloc&) {
    for (std::byte* const slab : taken) FreeSlab(slab);
    return nullptr;
  }
  std::byte* run = taken.front();
  for (size_t i = 1; i < slabs; ++i) {
    if (taken[i] == taken[i - 1] + kSlabBytes) continue;
    run = MoveTogether(taken);
    break;
  }
  if (run == nullptr) {
    for (std::byte* const slab : taken) FreeSlab(slab);
    return nullptr;
  }
  auto node = entry.extract(entry.begin());
  node.key() = run;
  node.mapped() = std::move(taken);
  base::MutexLock lock(&mutex_);
  runs_.insert(std::move(node));
  return run;
}

bool BufferArena::FreeRun(std::byte* run) {
  std::vector<std::byte*> slabs;
  {
    base::MutexLock lock(&mutex_);
    const auto found = runs_.find(run);
    if (found == runs_.end()) return false;
    slabs = std::move(found->second);
    runs_.erase(found);
  }
  if (Quarantined(run, slabs.size() * kSlabBytes)) {
    allocated_bytes_.fetch_sub(slabs.size() * kSlabBytes, std::memory_order_acq_rel);
    return true;
  }
  const bool moved = run != slabs.front();
  for (size_t i = 0; i < slabs.size(); ++i) {
    std::byte* const at = run + i * kSlabBytes;
    if (!moved ||
        mremap(at, kSlabBytes, kSlabBytes, MREMAP_MAYMOVE | MREMAP_FIXED, slabs[i]) != MAP_FAILED) {
      FreeSlab(slabs[i]);
    } else {
      // The table of mappings is full: the slab is lost, but not the process.
      allocated_bytes_.fetch_sub(kSlabBytes, std::memory_order_acq_rel);
    }
  }
  return true;
}

bool BufferArena::TakeElsewhere(uint64_t bytes, bool force) {
  base::MutexLock lock(&grow_mutex_);
  const uint64_t taken = mapped_bytes() + elsewhere_bytes_;
  const uint64_t room = options_.total_bytes_max - std::min(options_.total_bytes_max, taken);
  if (bytes > room && !force) return false;
  elsewhere_bytes_ += bytes;
  return true;
}

void BufferArena::GiveElsewhere(uint64_t bytes) {
  base::MutexLock lock(&grow_mutex_);
  TREERING_CHECK(elsewhere_bytes_ >= bytes);
  elsewhere_bytes_ -= bytes;
}

void BufferArena::Quarantine(const void* data, size_t bytes) {
  if (bytes == 0) return;
  const auto begin = reinterpret_cast<uintptr_t>(data);
  base::MutexLock lock(&quarantine_mutex_);
  quarantined_.emplace_back(begin, begin + bytes);
  any_quarantined_.store(true, std::memory_order_release);
}

bool BufferArena::Quarantined(const void* data, size_t bytes) const {
  if (!any_quarantined_.load(std::memory_order_acquire)) return false;
  const auto begin = reinterpret_cast<uintptr_t>(data);
  base::MutexLock lock(&quarantine_mutex_);
  return std::any_of(quarantined_.begin(), quarantined_.end(), [&](const auto& range) {
    return range.first < begin + bytes && begin < range.second;
  });
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
  const uint64_t taken = mapped_bytes() + elsewhere_bytes_;
  if (taken > options_.total_bytes_max || bytes > options_.total_bytes_max - taken) return false;
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
