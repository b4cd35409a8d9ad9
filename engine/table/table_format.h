// TableFormat: what table files have in common for writer and reader: pages, handles, trailers,
// sums.
//
// Owner: plain values.
// Threads: any.
// Invariants:
//   1. Decode takes any bytes; it answers Corruption (NotSupported for versions and features of
//      others) naming file and offset, and what it accepts encodes back to the same bytes.
// Format: docs/format/table.md.
#ifndef TREERING_ENGINE_TABLE_TABLE_FORMAT_H_
#define TREERING_ENGINE_TABLE_TABLE_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "api/slice.h"
#include "api/status.h"
#include "engine/base/checksum.h"
#include "engine/base/limits.h"

namespace treering::table {

inline constexpr uint32_t kFormatVersion = 0;
inline constexpr uint64_t kHeadMagic = 0x31656c6261547274;    // "trTable1"
inline constexpr uint64_t kFooterMagic = 0x46656c6261547274;  // "trTableF"
inline constexpr uint32_t kSumKindXxh3 = 1;

// Feature bits that this build knows.
inline constexpr uint64_t kKnownReadOnlyCompatible = 0;
inline constexpr uint64_t kKnownIncompatible = 0;

enum class BlockKind : uint8_t {
  kHead = 1,
  kData = 2,
  kIndex = 3,
  kTopIndex = 4,
  kFilter = 5,
  kProperties = 6,
  kFooter = 7,
};
std::string_view BlockKindName(BlockKind kind);  // "data block", ...

inline constexpr size_t kTrailerBytes = 24;
inline constexpr size_t kSumBytes = 8;
// A block of one entry with the longest key and value; no block is longer, the top index apart.
inline constexpr uint64_t kBlockPagesOfLargestEntry =
    (base::kValueBytesMax + base::kKeyBytesMax + 64) / base::kPageBytes + 1;
// Two lengths, the tag and the entry's offset.
inline constexpr uint64_t kEntryBytesMin = 1 + 1 + 8 + 2;
// Head, one data block, one partition, properties, top index, footer.
inline constexpr uint64_t kTableBytesMin = 6 * base::kPageBytes;

// Width of an entry offset in a block of so many bytes.
inline constexpr size_t OffsetWidth(size_t block_bytes) {
  return block_bytes <= (64u << 10) ? sizeof(uint16_t) : sizeof(uint32_t);
}
inline constexpr uint64_t PagesFor(uint64_t bytes) {
  return (bytes + base::kPageBytes - 1) / base::kPageBytes;
}

bool AllZero(std::span<const std::byte> bytes);

// Where a block is and which file it is in; for sums and for messages.
struct BlockPlace {
  const std::string& path;
  const base::Id128& file_id;
  uint64_t offset;
  BlockKind kind;
};

// The sum of a block (or page), whose last kSumBytes are not looked at.
uint64_t BlockSum(const base::Id128& file_id, uint64_t offset, BlockKind kind,
                  std::span<const std::byte> block);
// Stores the sum at the block's end and returns it.
uint64_t SealBlock(const base::Id128& file_id, uint64_t offset, BlockKind kind,
                   std::span<std::byte> block);
uint64_t StoredSum(std::span<const std::byte> block);
// OK, or Corruption with both sums.
Status CheckSum(const BlockPlace& place, std::span<const std::byte> block);

// "path: data block at offset 4096: " and the message.
Status BlockCorruption(const BlockPlace& place, const std::string& message);
// The same with "expected x, found y".
Status BlockMismatch(const BlockPlace& place, std::string_view what, uint64_t expected,
                     uint64_t found);
std::string HexOf(uint64_t value);  // 16 digits

// A block as an index entry names it.
struct BlockHandle {
  uint32_t page = 0;
  uint32_t pages = 0;
  uint32_t sum_low = 0;

  uint64_t offset() const { return uint64_t{page} * base::kPageBytes; }
  uint64_t bytes() const { return uint64_t{pages} * base::kPageBytes; }
  uint64_t end_page() const { return uint64_t{page} + pages; }
  bool operator==(const BlockHandle&) const = default;
};
inline constexpr size_t kHandleBytesMax = 5 + 5 + 4;
void AppendHandle(std::string* out, const BlockHandle& handle);
// Takes a handle off the front; false when it is damaged or has no pages.
bool GetHandle(Slice* input, BlockHandle* handle);

struct HeadPage {
  uint32_t version = kFormatVersion;
  uint64_t features_compatible = 0;
  uint64_t features_read_only_compatible = 0;
  uint64_t features_incompatible = 0;
  base::Id128 database_id;
  base::Id128 file_id;
  uint64_t file_number = 0;
  uint64_t comparator_hash = 0;

  bool operator==(const HeadPage&) const = default;
};
uint64_t ComparatorHash(std::string_view name);

// A block as the footer names it. Length 0: there is none.
struct AreaHandle {
  uint64_t offset = 0;
  uint64_t length = 0;
  uint64_t sum = 0;
  uint64_t end() const { return offset + length; }
  bool operator==(const AreaHandle&) const = default;
};

struct FooterPage {
  base::Id128 file_id;
  uint64_t file_bytes = 0;
  uint64_t index_offset = 0;   // the data area is [4096, index_offset)
  uint64_t filter_offset = 0;  // the index area is [index_offset, filter_offset)
  AreaHandle top_index;
  AreaHandle filter;
  AreaHandle properties;
  uint64_t entries = 0;
  uint64_t deletions = 0;
  uint64_t data_blocks = 0;
  uint64_t index_partitions = 0;
  uint64_t smallest_sequence = 0;
  uint64_t largest_sequence = 0;
  uint64_t smallest_key_hash = 0;
  uint64_t largest_key_hash = 0;
  base::Sum128 hash;
  uint32_t filter_probes = 0;

  uint64_t filter_pages() const { return filter.length / base::kPageBytes; }
  bool operator==(const FooterPage&) const = default;
};

// `page` is kPageBytes long and wholly written, sum included.
void EncodeHead(const HeadPage& head, std::span<std::byte> page);
void EncodeFooter(const FooterPage& footer, std::span<std::byte> page);

// `page` is kPageBytes long. Checks magic, version, features, sum and reserved bytes. With
// `read_only` unknown read-only compatible features pass.
Status DecodeHead(const std::string& path, std::span<const std::byte> page, bool read_only,
                  HeadPage* head);
// `file_bytes` is the length of the file, the footer being its last page. Checks also that the
// areas follow each other without gap and that counts can be true.
Status DecodeFooter(const std::string& path, uint64_t file_bytes, std::span<const std::byte> page,
                    FooterPage* footer);

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_TABLE_FORMAT_H_
