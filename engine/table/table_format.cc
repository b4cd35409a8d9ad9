#include "engine/table/table_format.h"

#include <cstring>
#include <iterator>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/table/filter_format.h"

namespace treering::table {
namespace {

using base::kPageBytes;

// Where the fields of the two pages lie.
constexpr size_t kHeadReserved = 88;
constexpr size_t kFooterReservedHandles = 128;  // three handles and the timestamp size
constexpr size_t kFooterEntries = 208;
constexpr size_t kFooterReserved = 292;
constexpr size_t kPageSum = kPageBytes - kSumBytes;

void StoreId(std::byte* p, const base::Id128& id) {
  base::Store64(p, id.lo);
  base::Store64(p + 8, id.hi);
}
base::Id128 LoadId(const std::byte* p) { return {base::Load64(p), base::Load64(p + 8)}; }

void StoreArea(std::byte* p, const AreaHandle& area) {
  base::Store64(p, area.offset);
  base::Store64(p + 8, area.length);
  base::Store64(p + 16, area.sum);
}
AreaHandle LoadArea(const std::byte* p) {
  return {base::Load64(p), base::Load64(p + 8), base::Load64(p + 16)};
}

Status UnknownFeatures(const BlockPlace& place, const char* mask, uint64_t bits) {
  return Status::NotSupported(place.path + ": the table needs " + mask + " features " +
                              HexOf(bits) + " that this build does not know");
}

Status CheckMagic(const BlockPlace& place, uint64_t expected, std::span<const std::byte> page) {
  const uint64_t magic = base::Load64(page.data());
  if (magic != expected) return BlockMismatch(place, "magic", expected, magic);
  return Status::Ok();
}

Status CheckVersion(const BlockPlace& place, std::span<const std::byte> page) {
  const uint32_t version = base::Load32(page.data() + 8);
  if (version == kFormatVersion) return Status::Ok();
  return Status::NotSupported(place.path + ": table format version " + std::to_string(version) +
                              "; this build knows version " + std::to_string(kFormatVersion));
}

// The areas follow each other without gap, from the head to the footer.
Status CheckAreas(const BlockPlace& place, const FooterPage& footer) {
  const uint64_t footer_offset = footer.file_bytes - kPageBytes;
  const uint64_t bounds[] = {kPageBytes,
                             footer.index_offset,
                             footer.filter_offset,
                             footer.properties.offset,
                             footer.top_index.offset,
                             footer_offset};
  for (size_t i = 0; i + 1 < std::size(bounds); ++i) {
    // Only the filter area (between its offset and the properties) may be empty.
    const bool may_be_empty = i == 2;
    if (bounds[i + 1] % kPageBytes != 0 || bounds[i] > bounds[i + 1] ||
        (bounds[i] == bounds[i + 1] && !may_be_empty)) {
      return BlockMismatch(place, "order of areas", bounds[i], bounds[i + 1]);
    }
  }
  if (footer.filter.length != footer.properties.offset - footer.filter_offset) {
    return BlockMismatch(place, "length of the filter area",
                         footer.properties.offset - footer.filter_offset, footer.filter.length);
  }
  if (footer.filter.offset != footer.filter_offset) {
    return BlockMismatch(place, "offset of the filter area", footer.filter_offset,
                         footer.filter.offset);
  }
  // Differences of offsets in order: no overflow.
  const uint64_t properties_length = footer.top_index.offset - footer.properties.offset;
  if (footer.properties.length != properties_length) {
    return BlockMismatch(place, "length of the properties", properties_length,
                         footer.properties.length);
  }
  const uint64_t top_length = footer_offset - footer.top_index.offset;
  if (footer.top_index.length != top_length) {
    return BlockMismatch(place, "length of the top index", top_length, footer.top_index.length);
  }
  return Status::Ok();
}

Status CheckCounts(const BlockPlace& place, const FooterPage& footer) {
  const uint64_t data_pages = (footer.index_offset - kPageBytes) / kPageBytes;
  const uint64_t index_pages = (footer.filter_offset - footer.index_offset) / kPageBytes;
  if (footer.data_blocks == 0 || footer.data_blocks > data_pages) {
    return BlockMismatch(place, "count of data blocks, at most", data_pages, footer.data_blocks);
  }
  if (footer.index_partitions == 0 || footer.index_partitions > index_pages ||
      footer.index_partitions > footer.data_blocks) {
    return BlockMismatch(place, "count of index partitions, at most", index_pages,
                         footer.index_partitions);
  }
  if (footer.entries < footer.data_blocks) {
    return BlockMismatch(place, "count of entries, at least", footer.data_blocks, footer.entries);
  }
  const uint64_t entries_max = data_pages * (kPageBytes / kEntryBytesMin);
  if (footer.entries > entries_max) {
    return BlockMismatch(place, "count of entries, at most", entries_max, footer.entries);
  }
  if (footer.deletions > footer.entries) {
    return BlockMismatch(place, "count of deletions, at most", footer.entries, footer.deletions);
  }
  if (footer.smallest_sequence > footer.largest_sequence ||
      footer.largest_sequence > base::kSequenceMax) {
    return BlockMismatch(place, "smallest sequence, at most", footer.largest_sequence,
                         footer.smallest_sequence);
  }
  const bool has_filter = footer.filter.length != 0;
  if (footer.filter_probes > 7 || has_filter != (footer.filter_probes != 0)) {
    return BlockMismatch(place, "filter probes", has_filter ? 7 : 0, footer.filter_probes);
  }
  const uint64_t filter_pages_max = FilterPages(footer.entries, kFilterBitsPerKeyMax);
  if (footer.filter_pages() > filter_pages_max) {
    return BlockMismatch(place, "count of filter pages, at most", filter_pages_max,
                         footer.filter_pages());
  }
  if (!has_filter && footer.filter.sum != 0) {
    return BlockMismatch(place, "sum of no filter", 0, footer.filter.sum);
  }
  return Status::Ok();
}

FooterPage LoadFooter(const std::byte* p) {
  FooterPage footer;
  footer.file_id = LoadId(p + 16);
  footer.file_bytes = base::Load64(p + 32);
  footer.index_offset = base::Load64(p + 40);
  footer.filter_offset = base::Load64(p + 48);
  footer.top_index = LoadArea(p + 56);
  footer.filter = LoadArea(p + 80);
  footer.properties = LoadArea(p + 104);
  const std::byte* const counts = p + kFooterEntries;
  footer.entries = base::Load64(counts);
  footer.deletions = base::Load64(counts + 8);
  footer.data_blocks = base::Load64(counts + 16);
  footer.index_partitions = base::Load64(counts + 24);
  footer.smallest_sequence = base::Load64(counts + 32);
  footer.largest_sequence = base::Load64(counts + 40);
  footer.smallest_key_hash = base::Load64(counts + 48);
  footer.largest_key_hash = base::Load64(counts + 56);
  footer.hash = {base::Load64(counts + 64), base::Load64(counts + 72)};
  footer.filter_probes = base::Load32(counts + 80);
  return footer;
}

}  // namespace

std::string_view BlockKindName(BlockKind kind) {
  switch (kind) {
    case BlockKind::kHead:
      return "head page";
    case BlockKind::kData:
      return "data block";
    case BlockKind::kIndex:
      return "index partition";
    case BlockKind::kTopIndex:
      return "top index";
    case BlockKind::kFilter:
      return "filter page";
    case BlockKind::kProperties:
      return "properties";
    case BlockKind::kFooter:
      return "footer page";
  }
  return "unknown block";
}

bool AllZero(std::span<const std::byte> bytes) {
  // The first is zero and each equals the one before it.
  return bytes.empty() || (bytes[0] == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

uint64_t BlockSum(const base::Id128& file_id, uint64_t offset, BlockKind kind,
                  std::span<const std::byte> block) {
  TREERING_DCHECK(block.size() >= kSumBytes);
  const uint64_t seed = base::SeedOf(file_id, offset, block.size(), static_cast<uint64_t>(kind));
  return base::Xxh3(block.data(), block.size() - kSumBytes, seed);
}

uint64_t SealBlock(const base::Id128& file_id, uint64_t offset, BlockKind kind,
                   std::span<std::byte> block) {
  const uint64_t sum = BlockSum(file_id, offset, kind, block);
  base::Store64(block.data() + block.size() - kSumBytes, sum);
  return sum;
}

uint64_t StoredSum(std::span<const std::byte> block) {
  return base::Load64(block.data() + block.size() - kSumBytes);
}

Status CheckSum(const BlockPlace& place, std::span<const std::byte> block) {
  const uint64_t found = StoredSum(block);
  const uint64_t expected = BlockSum(place.file_id, place.offset, place.kind, block);
  if (found == expected) [[likely]]
    return Status::Ok();
  return BlockMismatch(place, "sum", expected, found);
}

std::string HexOf(uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4) text[i] = kDigits[value & 15];
  return text;
}

Status BlockCorruption(const BlockPlace& place, const std::string& message) {
  return Status::Corruption(place.path + ": " + std::string(BlockKindName(place.kind)) +
                            " at offset " + std::to_string(place.offset) + ": " + message);
}

Status BlockMismatch(const BlockPlace& place, std::string_view what, uint64_t expected,
                     uint64_t found) {
  return BlockCorruption(
      place, std::string(what) + ": expected " + HexOf(expected) + ", found " + HexOf(found));
}

void AppendHandle(std::string* out, const BlockHandle& handle) {
  base::AppendVarint32(out, handle.page);
  base::AppendVarint32(out, handle.pages);
  base::AppendFixed32(out, handle.sum_low);
}

bool GetHandle(Slice* input, BlockHandle* handle) {
  return base::GetVarint32(input, &handle->page) && base::GetVarint32(input, &handle->pages) &&
         base::GetFixed32(input, &handle->sum_low) && handle->pages != 0;
}

uint64_t ComparatorHash(std::string_view name) { return base::Xxh3(name.data(), name.size(), 0); }

void EncodeHead(const HeadPage& head, std::span<std::byte> page) {
  TREERING_CHECK(page.size() == kPageBytes);
  std::byte* const p = page.data();
  std::memset(p, 0, page.size());
  base::Store64(p, kHeadMagic);
  base::Store32(p + 8, head.version);
  base::Store32(p + 12, kPageBytes);
  base::Store64(p + 16, head.features_compatible);
  base::Store64(p + 24, head.features_read_only_compatible);
  base::Store64(p + 32, head.features_incompatible);
  StoreId(p + 40, head.database_id);
  StoreId(p + 56, head.file_id);
  base::Store64(p + 72, head.file_number);
  base::Store64(p + 80, head.comparator_hash);
  SealBlock(head.file_id, 0, BlockKind::kHead, page);
}

Status DecodeHead(const std::string& path, std::span<const std::byte> page, bool read_only,
                  HeadPage* head) {
  TREERING_CHECK(page.size() == kPageBytes);
  const std::byte* const p = page.data();
  head->file_id = LoadId(p + 56);
  const BlockPlace place{path, head->file_id, 0, BlockKind::kHead};
  if (Status s = CheckMagic(place, kHeadMagic, page); !s.ok()) return s;
  if (Status s = CheckSum(place, page); !s.ok()) return s;
  if (Status s = CheckVersion(place, page); !s.ok()) return s;
  head->version = base::Load32(p + 8);
  head->features_compatible = base::Load64(p + 16);
  head->features_read_only_compatible = base::Load64(p + 24);
  head->features_incompatible = base::Load64(p + 32);
  const uint64_t incompatible = head->features_incompatible & ~kKnownIncompatible;
  if (incompatible != 0) return UnknownFeatures(place, "incompatible", incompatible);
  const uint64_t no_writing = head->features_read_only_compatible & ~kKnownReadOnlyCompatible;
  if (no_writing != 0 && !read_only) {
    return UnknownFeatures(place, "read-only compatible", no_writing);
  }
  if (const uint32_t bytes = base::Load32(p + 12); bytes != kPageBytes) {
    return BlockMismatch(place, "page bytes", kPageBytes, bytes);
  }
  head->database_id = LoadId(p + 40);
  head->file_number = base::Load64(p + 72);
  head->comparator_hash = base::Load64(p + 80);
  if (!AllZero(page.subspan(kHeadReserved, kPageSum - kHeadReserved))) {
    return BlockCorruption(place, "reserved bytes are not zero");
  }
  return Status::Ok();
}

void EncodeFooter(const FooterPage& footer, std::span<std::byte> page) {
  TREERING_CHECK(page.size() == kPageBytes);
  std::byte* const p = page.data();
  std::memset(p, 0, page.size());
  base::Store64(p, kFooterMagic);
  base::Store32(p + 8, kFormatVersion);
  base::Store32(p + 12, kSumKindXxh3);
  StoreId(p + 16, footer.file_id);
  base::Store64(p + 32, footer.file_bytes);
  base::Store64(p + 40, footer.index_offset);
  base::Store64(p + 48, footer.filter_offset);
  StoreArea(p + 56, footer.top_index);
  StoreArea(p + 80, footer.filter);
  StoreArea(p + 104, footer.properties);
  std::byte* const counts = p + kFooterEntries;
  base::Store64(counts, footer.entries);
  base::Store64(counts + 8, footer.deletions);
  base::Store64(counts + 16, footer.data_blocks);
  base::Store64(counts + 24, footer.index_partitions);
  base::Store64(counts + 32, footer.smallest_sequence);
  base::Store64(counts + 40, footer.largest_sequence);
  base::Store64(counts + 48, footer.smallest_key_hash);
  base::Store64(counts + 56, footer.largest_key_hash);
  base::Store64(counts + 64, footer.hash.lo);
  base::Store64(counts + 72, footer.hash.hi);
  base::Store32(counts + 80, footer.filter_probes);
  SealBlock(footer.file_id, footer.file_bytes - kPageBytes, BlockKind::kFooter, page);
}

Status DecodeFooter(const std::string& path, uint64_t file_bytes, std::span<const std::byte> page,
                    FooterPage* footer) {
  TREERING_CHECK(page.size() == kPageBytes && file_bytes >= kPageBytes);
  const std::byte* const p = page.data();
  *footer = LoadFooter(p);
  const BlockPlace place{path, footer->file_id, file_bytes - kPageBytes, BlockKind::kFooter};
  if (Status s = CheckMagic(place, kFooterMagic, page); !s.ok()) return s;
  if (Status s = CheckSum(place, page); !s.ok()) return s;
  if (Status s = CheckVersion(place, page); !s.ok()) return s;
  if (const uint32_t kind = base::Load32(p + 12); kind != kSumKindXxh3) {
    return BlockMismatch(place, "kind of sums", kSumKindXxh3, kind);
  }
  if (footer->file_bytes != file_bytes) {
    return BlockMismatch(place, "length of the file", footer->file_bytes, file_bytes);
  }
  if (file_bytes < kTableBytesMin || file_bytes > base::kTableBytesMax ||
      file_bytes % kPageBytes != 0) {
    return BlockMismatch(place, "length of the file, at least", kTableBytesMin, file_bytes);
  }
  if (!AllZero(page.subspan(kFooterReservedHandles, kFooterEntries - kFooterReservedHandles)) ||
      !AllZero(page.subspan(kFooterReserved, kPageSum - kFooterReserved))) {
    return BlockCorruption(place, "reserved bytes are not zero");
  }
  if (Status s = CheckAreas(place, *footer); !s.ok()) return s;
  return CheckCounts(place, *footer);
}

}  // namespace treering::table
