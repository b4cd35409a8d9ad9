#include "tests/fuzz/table_seal.h"

#include <cstring>
#include <span>
#include <vector>

#include "engine/base/coding.h"
#include "engine/table/block_check.h"
#include "engine/table/block_view.h"
#include "engine/table/table_format.h"

namespace treering::fuzz {
namespace {

using table::BlockKind;
constexpr uint64_t kPage = base::kPageBytes;

class Sealer {
 public:
  explicit Sealer(std::string* file) : file_(file) {}

  void Run(table::TableInfo* info);

 private:
  std::span<std::byte> Bytes(uint64_t offset, uint64_t length) {
    return std::as_writable_bytes(std::span(*file_)).subspan(offset, length);
  }
  uint64_t Seal(BlockKind kind, uint64_t offset, uint64_t length) {
    return table::SealBlock(footer_.file_id, offset, kind, Bytes(offset, length));
  }
  bool Readable(BlockKind kind, uint64_t offset, uint64_t length) {
    return table::CheckBlock({path_, footer_.file_id, offset, kind}, Bytes(offset, length)).ok();
  }
  uint64_t SealIndex(BlockKind kind, uint64_t offset, uint64_t length);
  uint64_t SealFilter();
  uint64_t SealHead();

  std::string* const file_;
  const std::string path_ = "sealed";
  table::FooterPage footer_;
  std::vector<uint64_t> data_sums_;
  std::vector<uint64_t> index_sums_;
  std::vector<uint64_t> filter_sums_;
};

// An index block, after all that it names. Returns its sum.
uint64_t Sealer::SealIndex(BlockKind kind, uint64_t offset, uint64_t length) {
  Seal(kind, offset, length);
  const bool top = kind == BlockKind::kTopIndex;
  if (Readable(kind, offset, length)) {
    const table::BlockView view(Bytes(offset, length));
    for (uint32_t i = 0; i < view.count(); ++i) {
      Slice value = view.entry(i).value;
      uint32_t page = 0;
      uint32_t pages = 0;
      if (!base::GetVarint32(&value, &page) || !base::GetVarint32(&value, &pages)) continue;
      const uint64_t end = (uint64_t{page} + pages) * kPage;
      if (page == 0 || pages == 0 || end > offset || value.size() < sizeof(uint32_t)) continue;
      const uint64_t sum = top ? SealIndex(BlockKind::kIndex, page * kPage, pages * kPage)
                               : Seal(BlockKind::kData, page * kPage, pages * kPage);
      const auto at = static_cast<size_t>(value.data() - file_->data());
      base::Store32(file_->data() + at, static_cast<uint32_t>(sum));
      if (!top) data_sums_.push_back(sum);
    }
  }
  const uint64_t sum = Seal(kind, offset, length);
  if (!top) index_sums_.push_back(sum);
  return sum;
}

uint64_t Sealer::SealFilter() {
  for (uint64_t at = 0; at < footer_.filter.length; at += kPage) {
    filter_sums_.push_back(Seal(BlockKind::kFilter, footer_.filter_offset + at, kPage));
  }
  if (filter_sums_.empty()) return 0;
  return base::Xxh3(filter_sums_.data(), filter_sums_.size() * sizeof(uint64_t), 0);
}

// By the id that the head itself has.
uint64_t Sealer::SealHead() {
  constexpr size_t kIdAt = 56;
  const char* const p = file_->data() + kIdAt;
  return table::SealBlock({base::Load64(p), base::Load64(p + 8)}, 0, BlockKind::kHead,
                          Bytes(0, kPage));
}

void Sealer::Run(table::TableInfo* info) {
  const uint64_t bytes = file_->size();
  info->bytes = bytes;
  if (bytes < table::kTableBytesMin || bytes % kPage != 0) return;
  constexpr size_t kIdAt = 16;
  const uint64_t footer_offset = bytes - kPage;
  const char* const p = file_->data() + footer_offset + kIdAt;
  footer_.file_id = {base::Load64(p), base::Load64(p + 8)};
  Seal(BlockKind::kFooter, footer_offset, kPage);
  if (!table::DecodeFooter(path_, bytes, Bytes(footer_offset, kPage), &footer_).ok()) return;

  std::vector<uint64_t> sums = {SealHead()};
  footer_.filter.sum = SealFilter();
  footer_.properties.sum =
      Seal(BlockKind::kProperties, footer_.properties.offset, footer_.properties.length);
  footer_.top_index.sum =
      SealIndex(BlockKind::kTopIndex, footer_.top_index.offset, footer_.top_index.length);
  for (const auto* part : {&data_sums_, &index_sums_, &filter_sums_}) {
    sums.insert(sums.end(), part->begin(), part->end());
  }
  sums.push_back(footer_.properties.sum);
  sums.push_back(footer_.top_index.sum);
  footer_.hash = base::Xxh3_128(sums.data(), sums.size() * sizeof(uint64_t), 0);
  table::EncodeFooter(footer_, Bytes(footer_offset, kPage));

  info->file_id = footer_.file_id;
  info->hash = footer_.hash;
  info->entries = footer_.entries;
  info->deletions = footer_.deletions;
  info->smallest_sequence = footer_.smallest_sequence;
  info->largest_sequence = footer_.largest_sequence;
}

}  // namespace

void SealTable(std::string* file, table::TableInfo* info) { Sealer(file).Run(info); }

}  // namespace treering::fuzz
