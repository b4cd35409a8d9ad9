#include "engine/table/table_reader.h"

#include <algorithm>
#include <new>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/table/block_check.h"
#include "engine/table/block_view.h"

namespace treering::table {
namespace {

using base::kPageBytes;

// The end of the file that is read at first: footer, and the top index unless it is a large one.
constexpr uint64_t kTailBytes = 64u << 10;
// Memory of a handle that is not refused: without it nothing in the table can be read.
constexpr uint64_t kForcedBytesMax = 1u << 20;

base::Need NeedOf(uint64_t bytes) {
  return bytes <= kForcedBytesMax ? base::Need::kMust : base::Need::kUsual;
}

Status ReadWhole(io::File* file, io::Queue* queue, uint64_t offset, std::span<std::byte> into) {
  io::Request request = io::Request::Read(file, offset, into);
  if (Status s = queue->Run(&request); !s.ok()) return s;
  if (request.transferred == into.size()) return Status::Ok();
  return Status::Corruption(file->path() + ": the file ends at " +
                            std::to_string(offset + request.transferred) + ", expected " +
                            std::to_string(offset + into.size()) + " bytes at least");
}

Status VerifyBlock(const void* context, const cache::BlockRequest& request,
                   std::span<const std::byte> bytes) {
  return static_cast<const Table*>(context)->CheckBlockAt(request.id.page, bytes);
}

}  // namespace

Table::Table(const TableEnv& env, const TableInfo& info, std::unique_ptr<io::File> file)
    : env_(env), info_(info), file_(std::move(file)), cache_file_(env.cache->NewFileId()) {}

Table::~Table() {
  for (uint32_t i = 0; i < slot_count_; ++i) env_.cache->ForgetSlot(&slots_[i]);
  env_.budget->Release(base::MemoryClass::kTableMeta, charged_bytes_);
}

Result<std::shared_ptr<Table>> Table::Open(const TableEnv& env, const TableInfo& expected,
                                           std::unique_ptr<io::File> file, io::Queue* queue) {
  std::shared_ptr<Table> table(new Table(env, expected, std::move(file)));
  if (Status s = table->Load(queue); !s.ok()) return s;
  return table;
}

Status Table::Load(io::Queue* queue) {
  uint64_t bytes = 0;
  if (Status s = file_->Size(&bytes); !s.ok()) return s;
  if (bytes != info_.bytes || bytes < kTableBytesMin) {
    return Status::Corruption(path() + ": length of the file: expected " +
                              std::to_string(std::max(info_.bytes, kTableBytesMin)) + ", found " +
                              std::to_string(bytes));
  }
  const uint64_t tail_bytes = std::min(bytes, kTailBytes);
  const uint64_t tail_offset = bytes - tail_bytes;
  if (tail_offset % kPageBytes != 0) {
    return Status::Corruption(path() + ": length of the file: " + std::to_string(bytes) +
                              " is not a multiple of " + std::to_string(kPageBytes));
  }
  const io::Buffer buffer =
      env_.buffers->Allocate(tail_bytes, base::MemoryClass::kIoBuffer, base::Need::kMust);
  if (!buffer) return Status::OutOfMemory(path() + ": no memory to open the table");
  const std::span<std::byte> tail = buffer.span().first(tail_bytes);
  if (Status s = ReadWhole(file_.get(), queue, tail_offset, tail); !s.ok()) return s;
  if (Status s = CheckFooter(tail.last(kPageBytes)); !s.ok()) return s;
  if (Status s = LoadTopIndex(queue, tail_offset, tail); !s.ok()) return s;
  if (tail_offset > 0) {
    const std::span<std::byte> page = tail.first(kPageBytes);
    if (Status s = ReadWhole(file_.get(), queue, 0, page); !s.ok()) return s;
  }
  if (Status s = CheckHead(tail.first(kPageBytes)); !s.ok()) return s;
  return MakeSlots();
}

Status Table::OtherTable(BlockKind kind, const char* what, const std::string& expected,
                         const std::string& found) const {
  const uint64_t offset = kind == BlockKind::kHead ? 0 : info_.bytes - kPageBytes;
  return BlockCorruption(PlaceOf(kind, offset), std::string("this is another table: ") + what +
                                                    ": expected " + expected + ", found " + found);
}

Status Table::CheckFooter(std::span<const std::byte> page) {
  if (Status s = DecodeFooter(path(), info_.bytes, page, &footer_); !s.ok()) return s;
  constexpr BlockKind kKind = BlockKind::kFooter;
  if (footer_.file_id != info_.file_id) {
    return OtherTable(kKind, "file id", info_.file_id.ToHex(), footer_.file_id.ToHex());
  }
  if (footer_.hash != info_.hash) {
    return OtherTable(kKind, "whole-file hash", HexOf(info_.hash.hi) + HexOf(info_.hash.lo),
                      HexOf(footer_.hash.hi) + HexOf(footer_.hash.lo));
  }
  const std::pair<const char*, std::pair<uint64_t, uint64_t>> facts[] = {
      {"entries", {info_.entries, footer_.entries}},
      {"deletions", {info_.deletions, footer_.deletions}},
      {"smallest sequence", {info_.smallest_sequence, footer_.smallest_sequence}},
      {"largest sequence", {info_.largest_sequence, footer_.largest_sequence}},
      {"hash of the smallest key",
       {base::Xxh3(info_.smallest.data(), info_.smallest.size(), 0), footer_.smallest_key_hash}},
      {"hash of the largest key",
       {base::Xxh3(info_.largest.data(), info_.largest.size(), 0), footer_.largest_key_hash}},
  };
  for (const auto& [what, values] : facts) {
    if (values.first != values.second) {
      return OtherTable(kKind, what, HexOf(values.first), HexOf(values.second));
    }
  }
  return Status::Ok();
}

Status Table::CheckHead(std::span<const std::byte> page) const {
  HeadPage head;
  if (Status s = DecodeHead(path(), page, env_.read_only, &head); !s.ok()) return s;
  constexpr BlockKind kKind = BlockKind::kHead;
  if (head.file_id != info_.file_id) {
    return OtherTable(kKind, "file id", info_.file_id.ToHex(), head.file_id.ToHex());
  }
  if (head.database_id != env_.database_id) {
    return OtherTable(kKind, "database id", env_.database_id.ToHex(), head.database_id.ToHex());
  }
  if (head.file_number != info_.number) {
    return OtherTable(kKind, "file number", HexOf(info_.number), HexOf(head.file_number));
  }
  const uint64_t comparator = ComparatorHash(env_.order.comparator()->Name());
  if (head.comparator_hash != comparator) {
    return OtherTable(kKind, "hash of the comparator's name", HexOf(comparator),
                      HexOf(head.comparator_hash));
  }
  return Status::Ok();
}

Status Table::LoadTopIndex(io::Queue* queue, uint64_t tail_offset,
                           std::span<const std::byte> tail) {
  const BlockPlace place = PlaceOf(BlockKind::kTopIndex, footer_.top_index.offset);
  const uint64_t bytes = footer_.top_index.length;
  std::span<const std::byte> block;
  io::Buffer large;
  if (place.offset >= tail_offset) {
    block = tail.subspan(place.offset - tail_offset, bytes);
  } else {
    large = env_.buffers->Allocate(bytes, base::MemoryClass::kIoBuffer, NeedOf(bytes));
    if (!large) {
      return Status::OutOfMemory(path() + ": no memory for the table's top index of " +
                                 std::to_string(bytes) + " bytes");
    }
    const std::span<std::byte> into = large.span().first(bytes);
    if (Status s = ReadWhole(file_.get(), queue, place.offset, into); !s.ok()) return s;
    block = into;
  }
  if (Status s = CheckBlock(place, block); !s.ok()) return s;
  if (const uint64_t sum = StoredSum(block); sum != footer_.top_index.sum) {
    return BlockMismatch(place, "sum that the footer names", footer_.top_index.sum, sum);
  }
  return top_index_.Parse(place, footer_, env_.order, block);
}

Status Table::Charge(uint64_t bytes) {
  if (!env_.budget->Charge(base::MemoryClass::kTableMeta, bytes, NeedOf(bytes))) {
    return Status::OutOfMemory(path() + ": no memory in the budget for the table's index of " +
                               std::to_string(bytes) + " bytes");
  }
  charged_bytes_ = bytes;
  return Status::Ok();
}

Status Table::MakeSlots() {
  filter_pages_ = static_cast<uint32_t>(footer_.filter_pages());
  const uint64_t slot_count = uint64_t{filter_pages_} + top_index_.count();
  const uint64_t slot_bytes = slot_count * sizeof(cache::SwizzleSlot);
  if (Status s = Charge(top_index_.memory_bytes() + slot_bytes); !s.ok()) return s;
  slots_.reset(new (std::nothrow) cache::SwizzleSlot[slot_count]());
  if (slots_ == nullptr) return Status::OutOfMemory(path() + ": no memory to open the table");
  slot_count_ = static_cast<uint32_t>(slot_count);
  return Status::Ok();
}

uint64_t Table::ApproximateOffset(const Slice& internal_key) const {
  const uint32_t i =
      top_index_.Find(env_.order, key::UserKey(internal_key), key::Tag(internal_key));
  if (i == top_index_.count()) return footer_.index_offset;
  return uint64_t{top_index_.partition(i).data_page} * kPageBytes;
}

void Table::EvictFromCache() { env_.cache->EvictFile(cache_file_); }

cache::BlockRequest Table::MakeRequest(uint64_t page, uint32_t pages) {
  cache::BlockRequest request;
  request.id = {cache_file_, page};
  request.file = file_.get();
  request.pages = pages;
  request.verify = VerifyBlock;
  request.verify_context = this;
  return request;
}

cache::BlockRequest Table::FilterRequest(uint32_t page) {
  cache::BlockRequest request = MakeRequest(footer_.filter_offset / kPageBytes + page, 1);
  request.priority = cache::Priority::kHigh;
  request.slot = filter_slot(page);
  return request;
}

cache::BlockRequest Table::PartitionRequest(uint32_t partition) {
  const BlockHandle& handle = top_index_.partition(partition).handle;
  cache::BlockRequest request = MakeRequest(handle.page, handle.pages);
  request.priority = cache::Priority::kHigh;
  request.slot = partition_slot(partition);
  return request;
}

cache::BlockRequest Table::DataRequest(const BlockHandle& handle, cache::Priority priority,
                                       bool fill_cache) {
  cache::BlockRequest request = MakeRequest(handle.page, handle.pages);
  request.priority = priority;
  request.fill_cache = fill_cache;
  return request;
}

Status Table::CheckPartition(uint64_t page, std::span<const std::byte> bytes) const {
  const BlockPlace place = PlaceOf(BlockKind::kIndex, page * kPageBytes);
  const uint32_t i = top_index_.PartitionAtPage(page);
  TREERING_CHECK(i < top_index_.count() && top_index_.partition(i).handle.bytes() == bytes.size());
  if (Status s = CheckBlock(place, bytes); !s.ok()) return s;
  const BlockView view(bytes);
  if (view.key(view.count() - 1) != top_index_.separator(i)) {
    return BlockCorruption(place, "its last separator is not the one that the top index names");
  }
  return CheckPartitionHandles(place, view, top_index_.partition(i).data_page,
                               top_index_.data_end_page(i));
}

Status Table::CheckBlockAt(uint64_t page, std::span<const std::byte> bytes) const {
  const uint64_t offset = page * kPageBytes;
  if (offset < footer_.index_offset) return CheckBlock(PlaceOf(BlockKind::kData, offset), bytes);
  if (offset < footer_.filter_offset) return CheckPartition(page, bytes);
  return CheckFilterPage(PlaceOf(BlockKind::kFilter, offset), bytes);
}

Status Table::ChildSumMismatch(BlockKind kind, const BlockHandle& handle, uint64_t found) const {
  return BlockMismatch(PlaceOf(kind, handle.offset()), "low half of the sum that the index names",
                       handle.sum_low, static_cast<uint32_t>(found));
}

}  // namespace treering::table
