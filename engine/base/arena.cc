#include "engine/base/arena.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "engine/base/check.h"

namespace treering::base {
namespace {

// Larger than any address space; a sum with a rounding cannot wrap below it.
constexpr size_t kBytesMax = size_t{1} << 48;

size_t RoundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) & ~(unit - 1); }

}  // namespace

std::byte* Arena::Allocate(size_t bytes, size_t alignment) {
  TREERING_DCHECK(std::has_single_bit(alignment) && alignment <= 64);
  if (bytes > kBytesMax) return nullptr;
  const size_t rounded = RoundUp(std::max(bytes, size_t{1}), kAlignment);
  // Blocks begin at multiples of 64 and allocations are multiples of 8: only more needs padding.
  const size_t padding =
      alignment <= kAlignment ? 0 : (-reinterpret_cast<uintptr_t>(next_)) & (alignment - 1);
  std::byte* result = nullptr;
  if (padding + rounded <= left()) [[likely]] {
    result = next_ + padding;
    next_ += padding + rounded;
  } else {
    result = AllocateSlow(rounded);
  }
  if (result != nullptr) allocated_bytes_ += rounded;
  return result;
}

// The present block has no room. Blocks are aligned to 64, so no padding is needed at their start.
std::byte* Arena::AllocateSlow(size_t bytes) {
  // A block of its own keeps what is left of the present one.
  if (bytes > next_block_bytes_ / 4) return AddBlock(bytes);
  if (!Renew(bytes)) return nullptr;
  std::byte* const result = next_;
  next_ += bytes;
  return result;
}

bool Arena::Reserve(size_t bytes) {
  if (bytes > kBytesMax) return false;
  return bytes <= left() || Renew(bytes);
}

void Arena::Clear() {
  for (const Block& block : blocks_) source_->Free(block.data, block.bytes);
  blocks_.clear();
  next_ = nullptr;
  end_ = nullptr;
  next_block_bytes_ = kBlockBytesMin;
  allocated_bytes_ = 0;
  block_bytes_ = 0;
}

std::byte* Arena::AddBlock(size_t bytes) {
  std::byte* const data = source_->Allocate(bytes);
  if (data == nullptr) return nullptr;
  blocks_.push_back(Block{.data = data, .bytes = bytes});
  block_bytes_ += bytes;
  return data;
}

bool Arena::Renew(size_t bytes) {
  const size_t block_bytes = std::max(next_block_bytes_, RoundUp(bytes, kBlockBytesMin));
  std::byte* const data = AddBlock(block_bytes);
  if (data == nullptr) return false;
  next_ = data;
  end_ = data + block_bytes;
  next_block_bytes_ = std::min(2 * next_block_bytes_, kBlockBytesMax);
  return true;
}

}  // namespace treering::base
