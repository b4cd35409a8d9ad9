#include "engine/io/buddy_slab.h"

#include <bit>

#include "engine/base/check.h"

namespace treering::io {

int BuddySlab::BlockSet::Lowest() const {
  for (size_t word = 0; word < words_.size(); ++word) {
    if (words_[word] != 0) return static_cast<int>(word * 64) + std::countr_zero(words_[word]);
  }
  return -1;
}

BuddySlab::BuddySlab(std::byte* base) : base_(base) { free_[kOrders - 1].Add(0); }

std::byte* BuddySlab::Allocate(size_t bytes) {
  const auto wanted = static_cast<uint32_t>(std::countr_zero(bytes / kPage));
  for (uint32_t order = wanted; order < kOrders; ++order) {
    const int found = free_[order].Lowest();
    if (found < 0) continue;
    auto block = static_cast<uint32_t>(found);
    free_[order].Remove(block);
    while (order > wanted) {
      --order;
      block *= 2;
      free_[order].Add(block + 1);
    }
    used_pages_ += 1u << wanted;
    return base_ + block * bytes;
  }
  return nullptr;
}

void BuddySlab::Free(std::byte* data, size_t bytes) {
  auto order = static_cast<uint32_t>(std::countr_zero(bytes / kPage));
  auto block = static_cast<uint32_t>(static_cast<size_t>(data - base_) / bytes);
  TREERING_CHECK(used_pages_ >= (1u << order) && base_ + block * bytes == data);
  used_pages_ -= 1u << order;
  while (order + 1 < kOrders && free_[order].Has(block ^ 1)) {
    free_[order].Remove(block ^ 1);
    block /= 2;
    ++order;
  }
  TREERING_CHECK(!free_[order].Has(block));
  free_[order].Add(block);
}

}  // namespace treering::io
