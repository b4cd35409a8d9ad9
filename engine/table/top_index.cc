#include "engine/table/top_index.h"

#include <algorithm>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/table/block_view.h"

namespace treering::table {
namespace {

Status BadPartition(const BlockPlace& place, uint32_t i, const char* what) {
  return BlockCorruption(place, "partition " + std::to_string(i) + ": " + what);
}

}  // namespace

Status TopIndex::Parse(const BlockPlace& place, const FooterPage& footer,
                       const key::KeyOrder& order, std::span<const std::byte> block) {
  const BlockView view(block);
  if (view.count() != footer.index_partitions) {
    return BlockMismatch(place, "count of partitions", footer.index_partitions, view.count());
  }
  data_end_page_ = static_cast<uint32_t>(footer.index_offset / base::kPageBytes);
  const uint64_t index_end_page = footer.filter_offset / base::kPageBytes;
  partitions_.clear();
  partitions_.reserve(view.count());
  keys_.clear();
  uint64_t next_page = data_end_page_;
  for (uint32_t i = 0; i < view.count(); ++i) {
    const BlockView::Entry entry = view.entry(i);
    Slice value = entry.value;
    Partition partition;
    if (!GetHandle(&value, &partition.handle) || !base::GetVarint32(&value, &partition.data_page) ||
        !value.empty()) {
      return BadPartition(place, i, "its handle is damaged");
    }
    if (partition.handle.page != next_page || partition.handle.end_page() > index_end_page) {
      return BadPartition(place, i, "it does not follow the one before");
    }
    if (partition.handle.pages > kBlockPagesOfLargestEntry) {
      return BadPartition(place, i, "it is too long");
    }
    next_page = partition.handle.end_page();
    const bool data_follows =
        i == 0 ? partition.data_page == 1 : partition.data_page > partitions_.back().data_page;
    if (!data_follows || partition.data_page >= data_end_page_) {
      return BadPartition(place, i, "its data does not follow that of the one before");
    }
    if (i > 0 && order.Compare(separator(i - 1), entry.key) >= 0) {
      return BadPartition(place, i, "its separator is not behind the one before");
    }
    partition.head = key::KeyHead(key::UserKey(entry.key));
    partition.key_offset = static_cast<uint32_t>(keys_.size());
    partition.key_bytes = static_cast<uint32_t>(entry.key.size());
    keys_.append(entry.key.data(), entry.key.size());
    partitions_.push_back(partition);
  }
  if (next_page != index_end_page) {
    return BlockMismatch(place, "page where the partitions end", index_end_page, next_page);
  }
  keys_.shrink_to_fit();
  return Status::Ok();
}

uint32_t TopIndex::Find(const key::KeyOrder& order, const Slice& user_key, uint64_t tag) const {
  const bool bytewise = order.bytewise();
  const uint64_t head = key::KeyHead(user_key);
  uint32_t low = 0;
  uint32_t high = count();
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    bool before;
    if (bytewise && partitions_[middle].head != head) {
      before = partitions_[middle].head < head;
    } else {
      const Slice key = separator(middle);
      const int r = order.CompareUser(key::UserKey(key), user_key);
      before = r < 0 || (r == 0 && key::Tag(key) > tag);
    }
    if (before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

uint32_t TopIndex::PartitionAtPage(uint64_t page) const {
  const auto it = std::lower_bound(
      partitions_.begin(), partitions_.end(), page,
      [](const Partition& partition, uint64_t wanted) { return partition.handle.page < wanted; });
  if (it == partitions_.end() || it->handle.page != page) return count();
  return static_cast<uint32_t>(it - partitions_.begin());
}

}  // namespace treering::table
