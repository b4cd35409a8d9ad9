#include "engine/table/block_check.h"

#include <string>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/key/internal_key.h"
#include "engine/table/filter_format.h"

namespace treering::table {
namespace {

struct Trailer {
  uint32_t raw_bytes;
  uint32_t count;
};

// The trailer's own fields; whether they fit the block is the caller's question.
Status LoadTrailer(const BlockPlace& place, std::span<const std::byte> block, Trailer* trailer) {
  const std::byte* const p = block.data() + block.size() - kTrailerBytes;
  if (p[0] != std::byte{0}) {
    return Status::NotSupported(place.path + ": " + std::string(BlockKindName(place.kind)) +
                                " at offset " + std::to_string(place.offset) + " has compression " +
                                std::to_string(std::to_integer<int>(p[0])) +
                                ", which this build does not know");
  }
  if (p[1] != std::byte{static_cast<uint8_t>(place.kind)}) {
    return BlockMismatch(place, "kind", static_cast<uint64_t>(place.kind),
                         std::to_integer<uint64_t>(p[1]));
  }
  if (base::Load16(p + 2) != 0 || base::Load32(p + 12) != 0) {
    return BlockCorruption(place, "reserved bytes of the trailer are not zero");
  }
  trailer->raw_bytes = base::Load32(p + 4);
  trailer->count = base::Load32(p + 8);
  return Status::Ok();
}

Status BadEntry(const BlockPlace& place, uint32_t i, const char* what) {
  return BlockCorruption(place, "entry " + std::to_string(i) + ": " + what);
}

// The entry that should fill [p, end).
Status CheckEntry(const BlockPlace& place, uint32_t i, const char* p, const char* end) {
  uint32_t key_bytes;
  uint32_t value_bytes;
  p = base::DecodeVarint32(p, end, &key_bytes);
  if (p != nullptr) p = base::DecodeVarint32(p, end, &value_bytes);
  if (p == nullptr) return BadEntry(place, i, "its lengths are damaged");
  if (key_bytes > base::kKeyBytesMax) return BadEntry(place, i, "its key is too long");
  if (value_bytes > base::kValueBytesMax) return BadEntry(place, i, "its value is too long");
  if (uint64_t{key_bytes} + key::kTagBytes + value_bytes != static_cast<uint64_t>(end - p)) {
    return BadEntry(place, i, "its lengths do not fill its place");
  }
  if (place.kind == BlockKind::kData) {
    const auto kind = static_cast<uint8_t>(p[key_bytes]);
    if (kind > static_cast<uint8_t>(key::Kind::kValue)) [[unlikely]] {
      return Status::NotSupported(place.path + ": data block at offset " +
                                  std::to_string(place.offset) + ", entry " + std::to_string(i) +
                                  ": kind " + std::to_string(kind) +
                                  ", which this build does not know");
    }
  }
  return Status::Ok();
}

template <typename Offset>
Status CheckEntries(const BlockPlace& place, const char* data, const char* offsets,
                    const Trailer& trailer) {
  uint32_t begin = 0;
  for (uint32_t i = 0; i < trailer.count; ++i) {
    const uint32_t next = i + 1 < trailer.count
                              ? base::LoadFixed<Offset>(offsets + (i + 1) * sizeof(Offset))
                              : trailer.raw_bytes;
    if (next <= begin || next > trailer.raw_bytes)
      return BadEntry(place, i, "its end is misplaced");
    if (Status s = CheckEntry(place, i, data + begin, data + next); !s.ok()) return s;
    begin = next;
  }
  return Status::Ok();
}

}  // namespace

Status CheckBlock(const BlockPlace& place, std::span<const std::byte> block) {
  TREERING_CHECK(!block.empty() && block.size() % base::kPageBytes == 0);
  if (Status s = CheckSum(place, block); !s.ok()) return s;
  Trailer trailer;
  if (Status s = LoadTrailer(place, block, &trailer); !s.ok()) return s;
  const size_t width = OffsetWidth(block.size());
  const uint64_t room = block.size() - kTrailerBytes;
  const uint64_t offsets_bytes = uint64_t{trailer.count} * width;
  if (trailer.count == 0 || offsets_bytes > room || trailer.raw_bytes > room - offsets_bytes) {
    return BlockCorruption(place, std::to_string(trailer.count) + " entries in " +
                                      std::to_string(trailer.raw_bytes) +
                                      " bytes do not fit the block");
  }
  const std::byte* const offsets = block.data() + room - offsets_bytes;
  if (!AllZero(block.subspan(trailer.raw_bytes, room - offsets_bytes - trailer.raw_bytes))) {
    return BlockCorruption(place, "padding is not zero");
  }
  const auto* const data = reinterpret_cast<const char*>(block.data());
  const auto* const slots = reinterpret_cast<const char*>(offsets);
  const bool wide = width == sizeof(uint32_t);
  const uint32_t first = wide ? base::Load32(slots) : base::Load16(slots);
  if (first != 0) return BadEntry(place, 0, "it does not begin the block");
  return wide ? CheckEntries<uint32_t>(place, data, slots, trailer)
              : CheckEntries<uint16_t>(place, data, slots, trailer);
}

Status CheckFilterPage(const BlockPlace& place, std::span<const std::byte> page) {
  TREERING_CHECK(page.size() == base::kPageBytes);
  if (Status s = CheckSum(place, page); !s.ok()) return s;
  Trailer trailer;
  if (Status s = LoadTrailer(place, page, &trailer); !s.ok()) return s;
  if (trailer.raw_bytes != kFilterRawBytes || trailer.count != 0) {
    return BlockMismatch(place, "raw length", kFilterRawBytes, trailer.raw_bytes);
  }
  if (!AllZero(page.subspan(kFilterRawBytes, page.size() - kTrailerBytes - kFilterRawBytes))) {
    return BlockCorruption(place, "reserved bytes are not zero");
  }
  return Status::Ok();
}

Status CheckPartitionHandles(const BlockPlace& place, const BlockView& view, uint32_t first_page,
                             uint32_t end_page) {
  uint64_t next = first_page;
  for (uint32_t i = 0; i < view.count(); ++i) {
    Slice value = view.entry(i).value;
    BlockHandle handle;
    if (!GetHandle(&value, &handle) || !value.empty()) {
      return BadEntry(place, i, "its handle is damaged");
    }
    if (handle.page != next || handle.end_page() > end_page) {
      return BadEntry(place, i, "its block does not follow the one before");
    }
    if (handle.pages > kBlockPagesOfLargestEntry)
      return BadEntry(place, i, "its block is too long");
    next = handle.end_page();
  }
  if (next != end_page) {
    return BlockMismatch(place, "page where its blocks end", end_page, next);
  }
  return Status::Ok();
}

BlockHandle HandleAt(const BlockView& partition, uint32_t i) {
  Slice value = partition.entry(i).value;
  BlockHandle handle;
  TREERING_CHECK(GetHandle(&value, &handle));
  return handle;
}

}  // namespace treering::table
