// BlockView: reads and searches a slotted block that was checked before.
//
// Owner: a value; the bytes are the caller's and outlive it.
// Threads: any.
// Invariants:
//   1. The bytes passed CheckBlock (block_check.h) as a block of this length: nothing is checked
//      here.
//   2. Keys are encoded internal keys.
// Format: docs/format/table.md, "Blocks".
#ifndef TREERING_ENGINE_TABLE_BLOCK_VIEW_H_
#define TREERING_ENGINE_TABLE_BLOCK_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "api/slice.h"
#include "engine/base/coding.h"
#include "engine/key/internal_key.h"
#include "engine/table/table_format.h"

namespace treering::table {

class BlockView {
 public:
  struct Entry {
    Slice key;
    Slice value;
  };

  BlockView() = default;
  explicit BlockView(std::span<const std::byte> block);

  explicit operator bool() const { return data_ != nullptr; }
  uint32_t count() const { return count_; }
  uint64_t sum() const { return base::Load64(trailer_ + kTrailerBytes - kSumBytes); }
  // Between the entries and their offsets.
  size_t padding_bytes() const { return static_cast<size_t>(offsets_ - data_) - raw_bytes_; }
  Slice key(uint32_t i) const;
  Entry entry(uint32_t i) const;

  // The first entry at or behind (user_key, tag); count() when there is none.
  uint32_t LowerBound(const key::KeyOrder& order, const Slice& user_key, uint64_t tag) const;

  // Brings in what a search touches first. `block` need not be checked, nor valid.
  static void Prefetch(const std::byte* block, size_t bytes);

 private:
  template <bool kBytewise>
  uint32_t Search(const key::KeyOrder& order, const Slice& user_key, uint64_t tag) const;
  uint32_t OffsetOf(uint32_t i) const {
    return wide_ ? base::Load32(offsets_ + 4 * size_t{i}) : base::Load16(offsets_ + 2 * size_t{i});
  }

  const char* data_ = nullptr;
  const char* offsets_ = nullptr;
  const char* trailer_ = nullptr;
  uint32_t raw_bytes_ = 0;
  uint32_t count_ = 0;
  bool wide_ = false;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_BLOCK_VIEW_H_
