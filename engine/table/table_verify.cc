#include "engine/table/table_verify.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "engine/base/limits.h"
#include "engine/io/request.h"
#include "engine/table/block_check.h"
#include "engine/table/block_view.h"
#include "engine/table/filter_format.h"
#include "engine/table/read_stream.h"
#include "engine/table/table_format.h"
#include "engine/table/top_index.h"

namespace treering::table {
namespace {

using base::kPageBytes;

// Buffers up to this are not refused: a verification should run on a full budget too.
constexpr uint64_t kForcedBytesMax = 1u << 20;

io::Buffer AllocateFrom(io::BufferPool* pool, uint64_t bytes) {
  return pool->Allocate(bytes, base::MemoryClass::kIoBuffer,
                        bytes <= kForcedBytesMax ? base::Need::kMust : base::Need::kUsual);
}

class Verifier {
 public:
  Verifier(io::File* file, const key::KeyOrder& order, io::Queue* queue, io::BufferPool* pool)
      : file_(file), order_(order), queue_(queue), pool_(pool), stream_(file, queue, pool, {}) {}

  Result<TableReport> Run();

 private:
  BlockPlace Place(BlockKind kind, uint64_t offset) const {
    return {file_->path(), footer_.file_id, offset, kind};
  }
  void Report(uint64_t offset, std::string_view kind, const Status& status);
  // Reports a broken block; true when it is whole.
  bool Expect(const BlockPlace& place, const Status& status);
  // Reports a difference between the footer and what was found.
  void ExpectFact(const char* kind, uint64_t expected, uint64_t found);

  Status ReadAlone(uint64_t offset, std::span<std::byte> into);
  bool ReadEnds();
  bool ReadTopIndex();
  void ReadFilter();
  bool ReadBlock(const BlockPlace& place, size_t bytes, std::span<const std::byte>* block);
  void CheckPartitions();
  void CheckPartitionData(const BlockView& partition);
  void CheckEntries(const BlockPlace& place, const BlockView& block, const Slice& separator);
  void CheckEntry(const BlockPlace& place, const BlockView::Entry& entry);
  void CheckProperties();
  void CheckFacts();

  io::File* const file_;
  const key::KeyOrder order_;
  io::Queue* const queue_;
  io::BufferPool* const pool_;
  ReadStream stream_;  // of the data area
  TableReport report_;
  Status unreadable_;  // the file is not one that this build can read
  uint64_t bytes_ = 0;
  HeadPage head_;
  bool has_head_ = false;
  FooterPage footer_;
  TopIndex top_;
  io::Buffer partition_;
  io::Buffer alone_;   // a block that the stream could not give
  io::Buffer filter_;  // all pages; empty when there is no filter, or a damaged one
  uint64_t filter_seed_ = 0;
  std::vector<uint64_t> data_sums_;
  std::vector<uint64_t> index_sums_;
  std::vector<uint64_t> other_sums_;  // filter, properties, top index
  std::string last_key_;
  std::string last_separator_;
};

void Verifier::Report(uint64_t offset, std::string_view kind, const Status& status) {
  if (report_.problems.size() >= kTableProblemsMax) return;
  report_.problems.push_back({offset, std::string(kind), std::string(status.message())});
}

bool Verifier::Expect(const BlockPlace& place, const Status& status) {
  if (status.ok()) return true;
  if (status.IsNotSupported() && unreadable_.ok()) unreadable_ = status;
  Report(place.offset, BlockKindName(place.kind), status);
  return false;
}

void Verifier::ExpectFact(const char* kind, uint64_t expected, uint64_t found) {
  if (expected == found) return;
  const BlockPlace place = Place(BlockKind::kFooter, bytes_ - kPageBytes);
  Report(place.offset, kind, BlockMismatch(place, kind, expected, found));
}

Status Verifier::ReadAlone(uint64_t offset, std::span<std::byte> into) {
  io::Request request = io::Request::Read(file_, offset, into);
  if (Status s = queue_->Run(&request); !s.ok()) return s;
  if (request.transferred == into.size()) return Status::Ok();
  return Status::Corruption(file_->path() + ": the file ends at " +
                            std::to_string(offset + request.transferred) + ", expected " +
                            std::to_string(offset + into.size()) + " bytes at least");
}

bool Verifier::ReadEnds() {
  if (bytes_ < kTableBytesMin || bytes_ % kPageBytes != 0) {
    Report(
        0, "length",
        Status::Corruption(file_->path() + ": length of the file: expected a multiple of " +
                           std::to_string(kPageBytes) + " from " + std::to_string(kTableBytesMin) +
                           " on, found " + std::to_string(bytes_)));
    return false;
  }
  const io::Buffer buffer = AllocateFrom(pool_, kPageBytes);
  if (!buffer) {
    unreadable_ = Status::OutOfMemory(file_->path() + ": no memory to verify the table");
    return false;
  }
  const std::span<std::byte> page = buffer.span().first(kPageBytes);
  const BlockPlace footer_place = Place(BlockKind::kFooter, bytes_ - kPageBytes);
  Status s = ReadAlone(footer_place.offset, page);
  if (s.ok()) s = DecodeFooter(file_->path(), bytes_, page, &footer_);
  if (!Expect(footer_place, s)) return false;  // nothing can be found without it
  s = ReadAlone(0, page);
  if (s.ok()) s = DecodeHead(file_->path(), page, /*read_only=*/true, &head_);
  const BlockPlace head_place = Place(BlockKind::kHead, 0);
  has_head_ = Expect(head_place, s);
  if (!has_head_) return unreadable_.ok();
  if (head_.file_id != footer_.file_id) {
    Expect(head_place, BlockCorruption(head_place, "file id: expected " + footer_.file_id.ToHex() +
                                                       ", found " + head_.file_id.ToHex()));
  }
  const uint64_t comparator = ComparatorHash(order_.comparator()->Name());
  if (head_.comparator_hash != comparator) {
    unreadable_ =
        Status::InvalidArgument(file_->path() + ": the table was made with another " +
                                "comparator than " + std::string(order_.comparator()->Name()));
    return false;
  }
  filter_seed_ = FilterSeed(head_.database_id);
  report_.database_id = head_.database_id;
  report_.info.number = head_.file_number;
  return true;
}

bool Verifier::ReadTopIndex() {
  const BlockPlace place = Place(BlockKind::kTopIndex, footer_.top_index.offset);
  const io::Buffer buffer = AllocateFrom(pool_, footer_.top_index.length);
  if (!buffer) {
    unreadable_ = Status::OutOfMemory(file_->path() + ": no memory to verify the table");
    return false;
  }
  const std::span<std::byte> block = buffer.span().first(footer_.top_index.length);
  Status s = ReadAlone(place.offset, block);
  if (s.ok()) s = CheckBlock(place, block);
  if (s.ok() && StoredSum(block) != footer_.top_index.sum) {
    s = BlockMismatch(place, "sum that the footer names", footer_.top_index.sum, StoredSum(block));
  }
  if (s.ok()) s = top_.Parse(place, footer_, order_, block);
  return Expect(place, s);
}

void Verifier::ReadFilter() {
  if (footer_.filter.length == 0) return;
  filter_ = AllocateFrom(pool_, footer_.filter.length);
  if (!filter_) {
    unreadable_ = Status::OutOfMemory(file_->path() + ": no memory to verify the table");
    return;
  }
  bool whole = true;
  for (uint64_t at = 0; at < footer_.filter.length; at += kPageBytes) {
    const BlockPlace place = Place(BlockKind::kFilter, footer_.filter_offset + at);
    const std::span<std::byte> page = filter_.span().subspan(at, kPageBytes);
    Status s = ReadAlone(place.offset, page);
    if (s.ok()) s = CheckFilterPage(place, page);
    whole = Expect(place, s) && whole;
    other_sums_.push_back(StoredSum(page));
  }
  ExpectFact("sum of the filter", footer_.filter.sum,
             base::Xxh3(other_sums_.data(), other_sums_.size() * sizeof(uint64_t), 0));
  // Which bits a key has follows from the database's id, in the head.
  if (!whole || !has_head_) filter_ = io::Buffer();
}

bool Verifier::ReadBlock(const BlockPlace& place, size_t bytes, std::span<const std::byte>* block) {
  Status s = stream_.Fetch(place.offset, bytes, block);
  if (!s.ok()) {
    // One bad page spoils a whole extent: read the block by itself before it is given up.
    if (alone_.size() < bytes) alone_ = AllocateFrom(pool_, bytes);
    if (!alone_) {
      unreadable_ = Status::OutOfMemory(file_->path() + ": no memory to verify the table");
      return false;
    }
    s = ReadAlone(place.offset, alone_.span().first(bytes));
    *block = alone_.span().first(bytes);
  }
  if (s.ok()) s = CheckBlock(place, *block);
  return Expect(place, s);
}

void Verifier::CheckPartitions() {
  for (uint32_t i = 0; i < top_.count(); ++i) {
    const TopIndex::Partition& named = top_.partition(i);
    const BlockPlace place = Place(BlockKind::kIndex, named.handle.offset());
    if (partition_.size() < named.handle.bytes()) {
      partition_ = AllocateFrom(pool_, named.handle.bytes());
      if (!partition_) {
        unreadable_ = Status::OutOfMemory(file_->path() + ": no memory to verify the table");
        return;
      }
    }
    const std::span<std::byte> block = partition_.span().first(named.handle.bytes());
    Status s = ReadAlone(place.offset, block);
    if (s.ok()) s = CheckBlock(place, block);
    if (s.ok() && static_cast<uint32_t>(StoredSum(block)) != named.handle.sum_low) {
      s = BlockMismatch(place, "low half of the sum that the index names", named.handle.sum_low,
                        static_cast<uint32_t>(StoredSum(block)));
    }
    if (s.ok()) {
      s = CheckPartitionHandles(place, BlockView(block), named.data_page, top_.data_end_page(i));
    }
    if (!Expect(place, s)) continue;
    index_sums_.push_back(StoredSum(block));
    const BlockView view(block);
    if (view.key(view.count() - 1) != top_.separator(i)) {
      Expect(place, BlockCorruption(place,
                                    "its last separator is not the one that the top index "
                                    "names"));
    }
    CheckPartitionData(view);
  }
}

void Verifier::CheckPartitionData(const BlockView& partition) {
  for (uint32_t i = 0; i < partition.count(); ++i) {
    const BlockHandle handle = HandleAt(partition, i);
    const BlockPlace place = Place(BlockKind::kData, handle.offset());
    ++report_.data_blocks;
    std::span<const std::byte> block;
    if (!ReadBlock(place, handle.bytes(), &block)) continue;
    const uint64_t sum = StoredSum(block);
    data_sums_.push_back(sum);
    if (static_cast<uint32_t>(sum) != handle.sum_low) {
      Expect(place, BlockMismatch(place, "low half of the sum that the index names", handle.sum_low,
                                  static_cast<uint32_t>(sum)));
    }
    CheckEntries(place, BlockView(block), partition.key(i));
  }
}

void Verifier::CheckEntries(const BlockPlace& place, const BlockView& block,
                            const Slice& separator) {
  report_.padding_bytes += block.padding_bytes();
  if (!last_separator_.empty() && order_.Compare(last_separator_, block.key(0)) >= 0) {
    Report(place.offset, "separator",
           BlockCorruption(place, "its first key is not behind the separator before it"));
  }
  for (uint32_t i = 0; i < block.count(); ++i) CheckEntry(place, block.entry(i));
  if (order_.Compare(last_key_, separator) > 0) {
    Report(place.offset, "separator",
           BlockCorruption(place, "its last key is behind its separator"));
  }
  last_separator_.assign(separator.data(), separator.size());
}

void Verifier::CheckEntry(const BlockPlace& place, const BlockView::Entry& entry) {
  TableInfo& info = report_.info;
  const uint64_t tag = key::Tag(entry.key);
  const key::Sequence sequence = key::TagSequence(tag);
  if (info.entries == 0) {
    info.smallest = entry.key.ToString();
    info.smallest_sequence = sequence;
  } else if (order_.Compare(last_key_, entry.key) >= 0) {
    Report(place.offset, "order", BlockCorruption(place, "a key is not behind the one before it"));
  }
  ++info.entries;
  info.deletions += key::TagKind(tag) == key::Kind::kDelete;
  info.smallest_sequence = std::min(info.smallest_sequence, sequence);
  info.largest_sequence = std::max(info.largest_sequence, sequence);
  last_key_.assign(entry.key.data(), entry.key.size());
  if (!filter_) return;
  const uint64_t hash = FilterHash(key::UserKey(entry.key), filter_seed_);
  const uint32_t page = FilterPageOf(hash, static_cast<uint32_t>(footer_.filter_pages()));
  if (!FilterMayMatch(hash, footer_.filter_probes, filter_.data() + page * kPageBytes)) {
    Report(place.offset, "filter",
           BlockCorruption(place,
                           "the filter does not know one of its "
                           "keys"));
  }
}

void Verifier::CheckProperties() {
  const BlockPlace place = Place(BlockKind::kProperties, footer_.properties.offset);
  const io::Buffer buffer = AllocateFrom(pool_, footer_.properties.length);
  if (!buffer) {
    unreadable_ = Status::OutOfMemory(file_->path() + ": no memory to verify the table");
    return;
  }
  const std::span<std::byte> block = buffer.span().first(footer_.properties.length);
  Status s = ReadAlone(place.offset, block);
  if (s.ok()) s = CheckBlock(place, block);
  if (s.ok() && StoredSum(block) != footer_.properties.sum) {
    s = BlockMismatch(place, "sum that the footer names", footer_.properties.sum, StoredSum(block));
  }
  Expect(place, s);
}

void Verifier::CheckFacts() {
  TableInfo& info = report_.info;
  info.file_id = footer_.file_id;
  info.bytes = bytes_;
  info.largest = last_key_;
  // With a block missing none of what follows can be told.
  if (!report_.problems.empty()) return;
  ExpectFact("entries", footer_.entries, info.entries);
  ExpectFact("deletions", footer_.deletions, info.deletions);
  ExpectFact("data blocks", footer_.data_blocks, report_.data_blocks);
  ExpectFact("smallest sequence", footer_.smallest_sequence, info.smallest_sequence);
  ExpectFact("largest sequence", footer_.largest_sequence, info.largest_sequence);
  ExpectFact("hash of the smallest key", footer_.smallest_key_hash,
             base::Xxh3(info.smallest.data(), info.smallest.size(), 0));
  ExpectFact("hash of the largest key", footer_.largest_key_hash,
             base::Xxh3(info.largest.data(), info.largest.size(), 0));
  std::array<std::byte, kPageBytes> page;
  EncodeHead(head_, page);
  std::vector<uint64_t> sums = {StoredSum(page)};
  for (const auto* part : {&data_sums_, &index_sums_, &other_sums_}) {
    sums.insert(sums.end(), part->begin(), part->end());
  }
  sums.push_back(footer_.properties.sum);
  sums.push_back(footer_.top_index.sum);
  info.hash = base::Xxh3_128(sums.data(), sums.size() * sizeof(uint64_t), 0);
  ExpectFact("whole-file hash, high word", footer_.hash.hi, info.hash.hi);
  ExpectFact("whole-file hash, low word", footer_.hash.lo, info.hash.lo);
}

Result<TableReport> Verifier::Run() {
  if (Status s = file_->Size(&bytes_); !s.ok()) return s;
  if (ReadEnds() && ReadTopIndex()) {
    ReadFilter();
    stream_.Start(kPageBytes, footer_.index_offset);
    CheckPartitions();
    CheckProperties();
    CheckFacts();
  }
  if (!unreadable_.ok()) return unreadable_;
  return std::move(report_);
}

}  // namespace

Status TableReport::ToStatus() const {
  if (problems.empty()) return Status::Ok();
  return Status::Corruption(problems.front().message);
}

Result<TableReport> VerifyTable(io::File* file, const key::KeyOrder& order, io::Queue* queue,
                                io::BufferPool* pool) {
  return Verifier(file, order, queue, pool).Run();
}

}  // namespace treering::table
