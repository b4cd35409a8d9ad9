#include "engine/table/block_view.h"

namespace treering::table {
namespace {

// The two lengths in front of an entry, which was checked; returns where its key begins.
inline const char* Lengths(const char* p, uint32_t* key_bytes, uint32_t* value_bytes) {
  const auto a = static_cast<unsigned char>(p[0]);
  const auto b = static_cast<unsigned char>(p[1]);
  if ((a | b) < 0x80) [[likely]] {
    *key_bytes = a;
    *value_bytes = b;
    return p + 2;
  }
  const char* const limit = p + 2 * base::kVarint32BytesMax;
  p = base::DecodeVarint32(p, limit, key_bytes);
  return base::DecodeVarint32(p, limit, value_bytes);
}

// Bytewise, eight bytes at a time.
inline int CompareBytes(const char* a, size_t a_bytes, const char* b, size_t b_bytes) {
  size_t common = a_bytes < b_bytes ? a_bytes : b_bytes;
  while (common >= 8) {
    const uint64_t x = base::Load64(a);
    const uint64_t y = base::Load64(b);
    if (x != y) return __builtin_bswap64(x) < __builtin_bswap64(y) ? -1 : 1;
    a += 8;
    b += 8;
    common -= 8;
  }
  if (common != 0) {
    const int r = std::memcmp(a, b, common);
    if (r != 0) return r;
  }
  return a_bytes < b_bytes ? -1 : (a_bytes > b_bytes ? 1 : 0);
}

}  // namespace

BlockView::BlockView(std::span<const std::byte> block)
    : data_(reinterpret_cast<const char*>(block.data())) {
  trailer_ = data_ + block.size() - kTrailerBytes;
  raw_bytes_ = base::Load32(trailer_ + 4);
  count_ = base::Load32(trailer_ + 8);
  const size_t width = OffsetWidth(block.size());
  wide_ = width == sizeof(uint32_t);
  offsets_ = trailer_ - count_ * width;
}

Slice BlockView::key(uint32_t i) const {
  uint32_t key_bytes;
  uint32_t value_bytes;
  const char* const p = Lengths(data_ + OffsetOf(i), &key_bytes, &value_bytes);
  return Slice(p, key_bytes + key::kTagBytes);
}

BlockView::Entry BlockView::entry(uint32_t i) const {
  uint32_t key_bytes;
  uint32_t value_bytes;
  const char* const p = Lengths(data_ + OffsetOf(i), &key_bytes, &value_bytes);
  const size_t internal_bytes = key_bytes + key::kTagBytes;
  return {Slice(p, internal_bytes), Slice(p + internal_bytes, value_bytes)};
}

template <bool kBytewise>
uint32_t BlockView::Search(const key::KeyOrder& order, const Slice& user_key, uint64_t tag) const {
  // The first steps of the search, fetched all at once: in a large cache each would be a miss.
  if (count_ >= 16) {
    for (uint32_t eighth = 1; eighth < 8; ++eighth) {
      __builtin_prefetch(data_ + OffsetOf(count_ * eighth / 8));
    }
  }
  uint32_t low = 0;
  uint32_t high = count_;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    uint32_t key_bytes;
    uint32_t value_bytes;
    const char* const p = Lengths(data_ + OffsetOf(middle), &key_bytes, &value_bytes);
    int r;
    if constexpr (kBytewise) {
      r = CompareBytes(p, key_bytes, user_key.data(), user_key.size());
    } else {
      r = order.comparator()->Compare(Slice(p, key_bytes), user_key);
    }
    // Newer entries of a key, with greater tags, come first.
    const bool before = r < 0 || (r == 0 && base::Load64(p + key_bytes) > tag);
    if (before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

uint32_t BlockView::LowerBound(const key::KeyOrder& order, const Slice& user_key,
                               uint64_t tag) const {
  return order.bytewise() ? Search<true>(order, user_key, tag)
                          : Search<false>(order, user_key, tag);
}

void BlockView::Prefetch(const std::byte* block, size_t bytes) {
  // The trailer with the last offsets, and the entry that a search looks at first.
  __builtin_prefetch(block + bytes - 64);
  __builtin_prefetch(block + bytes / 2);
}

}  // namespace treering::table
