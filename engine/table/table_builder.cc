#include "engine/table/table_builder.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/table/block_builder.h"
#include "engine/table/extent_writer.h"
#include "engine/table/filter_builder.h"
#include "engine/table/index_builder.h"
#include "engine/table/table_format.h"

namespace treering::table {

using base::kPageBytes;

struct TableBuilder::Impl {
  Impl(const TableBuilderOptions& wanted, io::File* file, io::Queue* queue, io::BufferPool* buffers)
      : options(wanted),
        path(file->path()),
        pool(buffers),
        writer(file, queue, buffers, wanted.expected_bytes),
        data(buffers, wanted.block_bytes),
        index(buffers),
        filter(buffers, wanted.bloom_bits_per_key),
        filter_seed(FilterSeed(wanted.database_id)) {}

  Status Add(const Slice& key, const Slice& value);
  Status Finish();
  Status WritePage(std::span<const std::byte> page, uint64_t sum);
  Status WriteHead();
  Status WriteBlock(BlockKind kind, std::span<std::byte> block, BlockHandle* handle);
  Status FinishDataBlock(const Slice* next_key);
  // Of the data block that ends with last_key; *next_key begins the next one.
  void MakeSeparator(const Slice* next_key);
  Status WriteFilter();
  Status WriteProperties();
  Status WriteTopIndex();
  Status WriteFooter();
  Status NoMemory() const { return Status::OutOfMemory(path + ": no memory to build the table"); }

  const TableBuilderOptions options;
  const std::string path;
  io::BufferPool* const pool;
  ExtentWriter writer;
  BlockBuilder data;
  IndexBuilder index;
  FilterBuilder filter;
  const uint64_t filter_seed;

  TableInfo info;
  FooterPage footer;
  std::vector<uint64_t> sums;  // of all blocks, in the order of the file
  uint64_t raw_key_bytes = 0;
  uint64_t raw_value_bytes = 0;
  std::string last_key;   // of the data block written last
  std::string separator;  // kept for its capacity
  bool ended = false;
  Status status;
};

Status TableBuilder::Impl::WritePage(std::span<const std::byte> page, uint64_t sum) {
  sums.push_back(sum);
  return writer.Append(page);
}

Status TableBuilder::Impl::WriteHead() {
  HeadPage head;
  head.database_id = options.database_id;
  head.file_id = options.file_id;
  head.file_number = options.file_number;
  head.comparator_hash = ComparatorHash(options.order.comparator()->Name());
  std::array<std::byte, kPageBytes> page;
  EncodeHead(head, page);
  return WritePage(page, StoredSum(page));
}

Status TableBuilder::Impl::WriteBlock(BlockKind kind, std::span<std::byte> block,
                                      BlockHandle* handle) {
  const uint64_t offset = writer.offset();
  if (offset + block.size() > base::kTableBytesMax - kPageBytes) {
    return Status::InvalidArgument(path + ": the table would be longer than " +
                                   std::to_string(base::kTableBytesMax) + " bytes");
  }
  const uint64_t sum = SealBlock(options.file_id, offset, kind, block);
  handle->page = static_cast<uint32_t>(offset / kPageBytes);
  handle->pages = static_cast<uint32_t>(block.size() / kPageBytes);
  handle->sum_low = static_cast<uint32_t>(sum);
  return WritePage(block, sum);
}

void TableBuilder::Impl::MakeSeparator(const Slice* next_key) {
  separator.assign(last_key);
  if (next_key == nullptr) return;
  const Slice last_user = key::UserKey(last_key);
  const Slice next_user = key::UserKey(*next_key);
  if (options.order.CompareUser(last_user, next_user) == 0) return;
  separator.resize(last_user.size());
  options.order.comparator()->FindShortestSeparator(&separator, next_user);
  // A comparator that answers nonsense must not make keys unreachable.
  if (separator.size() > last_user.size() || options.order.CompareUser(separator, last_user) < 0 ||
      options.order.CompareUser(separator, next_user) >= 0) {
    separator.assign(last_user.data(), last_user.size());
  }
  base::AppendFixed64(&separator, 0);
}

Status TableBuilder::Impl::FinishDataBlock(const Slice* next_key) {
  const Slice last = data.last_key();
  last_key.assign(last.data(), last.size());
  MakeSeparator(next_key);
  BlockHandle handle;
  if (Status s = WriteBlock(BlockKind::kData, data.Finish(BlockKind::kData), &handle); !s.ok()) {
    return s;
  }
  data.Reset();
  ++footer.data_blocks;
  return index.Add(separator, handle);
}

Status TableBuilder::Impl::Add(const Slice& key, const Slice& value) {
  if (key.size() < key::kTagBytes || key.size() - key::kTagBytes > base::kKeyBytesMax ||
      value.size() > base::kValueBytesMax) [[unlikely]] {
    return Status::InvalidArgument(path + ": a key of " + std::to_string(key.size()) +
                                   " bytes with a value of " + std::to_string(value.size()) +
                                   " bytes does not fit a table");
  }
  const uint64_t tag = key::Tag(key);
  if ((tag & 0xff) > static_cast<uint64_t>(key::Kind::kValue)) [[unlikely]] {
    return Status::InvalidArgument(path + ": entries of kind " + std::to_string(tag & 0xff) +
                                   " are not supported in tables");
  }
  const Slice user_key = key::UserKey(key);
  bool is_new_user_key = true;
  if (info.entries == 0) [[unlikely]] {
    if (Status s = WriteHead(); !s.ok()) return s;
    info.smallest = key.ToString();
    info.smallest_sequence = info.largest_sequence = key::TagSequence(tag);
  } else {
    const Slice last = data.empty() ? Slice(last_key) : data.last_key();
    const int r = options.order.CompareUser(key::UserKey(last), user_key);
    if (r > 0 || (r == 0 && key::Tag(last) <= tag)) [[unlikely]] {
      return Status::InvalidArgument(path + ": entry " + std::to_string(info.entries) +
                                     " is not behind the one before it");
    }
    is_new_user_key = r != 0;
  }
  BlockBuilder::AddResult result = data.Add(key, value);
  if (result == BlockBuilder::AddResult::kFull) {
    if (Status s = FinishDataBlock(&key); !s.ok()) return s;
    result = data.Add(key, value);
  }
  if (result != BlockBuilder::AddResult::kAdded) [[unlikely]]
    return NoMemory();
  if (is_new_user_key && options.bloom_bits_per_key != 0 &&
      !filter.Add(FilterHash(user_key, filter_seed))) [[unlikely]] {
    return NoMemory();
  }
  ++info.entries;
  info.deletions += static_cast<key::Kind>(tag & 0xff) == key::Kind::kDelete;
  info.smallest_sequence = std::min(info.smallest_sequence, key::TagSequence(tag));
  info.largest_sequence = std::max(info.largest_sequence, key::TagSequence(tag));
  raw_key_bytes += user_key.size();
  raw_value_bytes += value.size();
  return Status::Ok();
}

Status TableBuilder::Impl::WriteFilter() {
  footer.filter_offset = footer.filter.offset = writer.offset();
  if (options.bloom_bits_per_key == 0) return Status::Ok();
  const std::span<std::byte> pages = filter.Finish();
  if (pages.empty()) return NoMemory();
  const size_t first_sum = sums.size();
  for (size_t at = 0; at < pages.size(); at += kPageBytes) {
    BlockHandle handle;
    if (Status s = WriteBlock(BlockKind::kFilter, pages.subspan(at, kPageBytes), &handle);
        !s.ok()) {
      return s;
    }
  }
  footer.filter.length = pages.size();
  footer.filter.sum =
      base::Xxh3(sums.data() + first_sum, (sums.size() - first_sum) * sizeof(uint64_t), 0);
  footer.filter_probes = filter.probes();
  return Status::Ok();
}

Status TableBuilder::Impl::WriteProperties() {
  const std::pair<const char*, std::string> properties[] = {
      {"bloom_bits_per_key", std::to_string(options.bloom_bits_per_key)},
      {"comparator", std::string(options.order.comparator()->Name())},
      {"raw_key_bytes", std::to_string(raw_key_bytes)},
      {"raw_value_bytes", std::to_string(raw_value_bytes)},
  };
  BlockBuilder block(pool, kPageBytes);
  for (const auto& [name, value] : properties) {
    std::string key;
    key::AppendInternalKey(&key, name, 0);
    if (block.Add(key, value) != BlockBuilder::AddResult::kAdded) return NoMemory();
  }
  footer.properties.offset = writer.offset();
  BlockHandle handle;
  Status s = WriteBlock(BlockKind::kProperties, block.Finish(BlockKind::kProperties), &handle);
  footer.properties.length = handle.bytes();
  footer.properties.sum = sums.back();
  return s;
}

Status TableBuilder::Impl::WriteTopIndex() {
  footer.top_index.offset = writer.offset();
  BlockHandle handle;
  Status s = index.FinishTop([this](BlockKind kind, std::span<std::byte> block,
                                    BlockHandle* out) { return WriteBlock(kind, block, out); },
                             &handle);
  footer.top_index.length = handle.bytes();
  footer.top_index.sum = sums.back();
  return s;
}

Status TableBuilder::Impl::WriteFooter() {
  footer.file_id = options.file_id;
  footer.file_bytes = writer.offset() + kPageBytes;
  footer.entries = info.entries;
  footer.deletions = info.deletions;
  footer.index_partitions = index.partitions();
  footer.smallest_sequence = info.smallest_sequence;
  footer.largest_sequence = info.largest_sequence;
  footer.smallest_key_hash = base::Xxh3(info.smallest.data(), info.smallest.size(), 0);
  footer.largest_key_hash = base::Xxh3(info.largest.data(), info.largest.size(), 0);
  footer.hash = base::Xxh3_128(sums.data(), sums.size() * sizeof(uint64_t), 0);
  std::array<std::byte, kPageBytes> page;
  EncodeFooter(footer, page);
  return writer.Append(page);
}

Status TableBuilder::Impl::Finish() {
  if (info.entries == 0) return Status::InvalidArgument(path + ": a table needs an entry");
  if (Status s = FinishDataBlock(nullptr); !s.ok()) return s;
  info.largest = last_key;
  footer.index_offset = writer.offset();
  const auto sink = [this](BlockKind kind, std::span<std::byte> block, BlockHandle* handle) {
    return WriteBlock(kind, block, handle);
  };
  if (Status s = index.FinishPartitions(sink); !s.ok()) return s;
  if (Status s = WriteFilter(); !s.ok()) return s;
  if (Status s = WriteProperties(); !s.ok()) return s;
  if (Status s = WriteTopIndex(); !s.ok()) return s;
  if (Status s = WriteFooter(); !s.ok()) return s;
  if (Status s = writer.Finish(); !s.ok()) return s;
  info.number = options.file_number;
  info.file_id = options.file_id;
  info.bytes = writer.offset();
  info.hash = footer.hash;
  return Status::Ok();
}

TableBuilder::TableBuilder(const TableBuilderOptions& options, io::File* file, io::Queue* queue,
                           io::BufferPool* pool)
    : impl_(std::make_unique<Impl>(options, file, queue, pool)) {
  if (options.compression != Compression::kNone) {
    impl_->status = Status::NotSupported(impl_->path + ": compression is not supported yet");
  }
}

TableBuilder::~TableBuilder() = default;

Status TableBuilder::Add(const Slice& key, const Slice& value) {
  TREERING_CHECK(!impl_->ended);
  if (!impl_->status.ok()) [[unlikely]]
    return impl_->status;
  Status s = impl_->Add(key, value);
  if (!s.ok()) [[unlikely]]
    impl_->status = s;
  return s;
}

Result<TableInfo> TableBuilder::Finish() {
  TREERING_CHECK(!impl_->ended);
  impl_->ended = true;
  if (impl_->status.ok()) impl_->status = impl_->Finish();
  impl_->writer.Drain();
  if (!impl_->status.ok()) return impl_->status;
  return impl_->info;
}

void TableBuilder::Abandon() {
  impl_->ended = true;
  impl_->writer.Drain();
}

uint64_t TableBuilder::entries() const { return impl_->info.entries; }

uint64_t TableBuilder::EstimatedBytes() const {
  const Impl& impl = *impl_;
  if (impl.ended || impl.info.entries == 0) return impl.writer.offset();
  uint64_t bytes = impl.writer.offset() + impl.data.EstimatedBytes();
  bytes += impl.index.EstimatedBytes();
  if (impl.options.bloom_bits_per_key != 0) bytes += impl.filter.EstimatedPages() * kPageBytes;
  return bytes + 3 * kPageBytes;  // properties, top index, footer
}

Status TableBuilder::status() const { return impl_->status; }

}  // namespace treering::table
