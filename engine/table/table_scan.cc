#include "engine/table/table_scan.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"
#include "engine/table/block_check.h"
#include "engine/table/block_stream.h"
#include "engine/table/block_view.h"

namespace treering::table {
namespace {

// The index is about a hundredth of the data: two small extents keep ahead of it.
constexpr uint32_t kIndexExtentBytes = 64u << 10;

ReadStreamOptions DataStream(const TableScanOptions& options) {
  const uint32_t extent_bytes = static_cast<uint32_t>(
      std::max<uint64_t>(1, PagesFor(options.extent_bytes)) * base::kPageBytes);
  const uint32_t depth = std::max(options.depth, 1u);
  return {extent_bytes, extent_bytes, depth, depth, options.burst};
}

class TableScan final : public key::InternalIterator {
 public:
  TableScan(std::shared_ptr<Table> table, io::Queue* queue, io::BufferPool* pool,
            const TableScanOptions& options)
      : table_(std::move(table)),
        index_(table_.get(), queue, pool, {kIndexExtentBytes, kIndexExtentBytes, 1, 1}),
        data_(table_.get(), queue, pool, DataStream(options)) {}

  bool Valid() const override { return valid_; }
  Slice key() const override { return entry_.key; }
  Slice value() const override { return entry_.value; }
  Status status() const override { return status_; }

  void PrepareSeek(const Slice& target) override {
    StartAt(target.size() < key::kTagBytes ? 0 : Find(target));
  }

  void SeekToFirst() override {
    if (!Begin(0)) return;
    ShowFirstOfBlock();
  }

  void Seek(const Slice& target) override {
    if (!Begin(Find(target))) return;
    const Slice user_key = key::UserKey(target);
    const uint64_t tag = key::Tag(target);
    block_ = partition_view_.LowerBound(table_->order(), user_key, tag);
    if (block_ == partition_view_.count()) {
      Fail(BlockCorruption(
          table_->PlaceOf(BlockKind::kIndex,
                          table_->top_index().partition(partition_).handle.offset()),
          "its separators are not in order"));
      return;
    }
    if (!LoadBlock()) return;
    position_ = block_view_.LowerBound(table_->order(), user_key, tag);
    if (position_ == block_view_.count()) {
      NextBlock();  // between this block's last key and its separator there is nothing
    } else {
      Show();
    }
  }

  void Next() override {
    if (++position_ < block_view_.count()) [[likely]] {
      entry_ = block_view_.entry(position_);
    } else {
      NextBlock();
    }
  }

  void SeekToLast() override { Refuse(); }
  void SeekForPrev(const Slice&) override { Refuse(); }
  void Prev() override { Refuse(); }

 private:
  uint32_t Find(const Slice& target) const {
    return table_->top_index().Find(table_->order(), key::UserKey(target), key::Tag(target));
  }

  // Sends off the reads for partition `partition` and what follows.
  void StartAt(uint32_t partition) {
    prepared_ = true;
    partition_ = partition;
    if (partition == table_->top_index().count()) {
      index_.Stop();
      data_.Stop();
      return;
    }
    const TopIndex::Partition& at = table_->top_index().partition(partition);
    index_.Start(at.handle.offset(), table_->footer().filter_offset);
    data_.Start(uint64_t{at.data_page} * base::kPageBytes, table_->footer().index_offset);
  }

  // Stands in front of the first block of `partition`. False: there is none, or an error.
  bool Begin(uint32_t partition) {
    valid_ = false;
    status_ = Status::Ok();
    if (!prepared_ || partition != partition_) StartAt(partition);
    prepared_ = false;
    return LoadPartition();
  }

  bool LoadPartition() {
    if (partition_ == table_->top_index().count()) return false;
    block_ = 0;
    return Accept(index_.Fetch(BlockKind::kIndex, table_->top_index().partition(partition_).handle,
                               table_->PartitionRequest(partition_), &partition_view_));
  }

  bool LoadBlock() {
    const BlockHandle handle = HandleAt(partition_view_, block_);
    return Accept(data_.Fetch(BlockKind::kData, handle,
                              table_->DataRequest(handle, cache::Priority::kLow), &block_view_));
  }

  void ShowFirstOfBlock() {
    if (!LoadBlock()) return;
    position_ = 0;
    Show();
  }

  void NextBlock() {
    valid_ = false;
    if (++block_ == partition_view_.count()) {
      ++partition_;
      if (!LoadPartition()) return;
    }
    ShowFirstOfBlock();
  }

  void Show() {
    entry_ = block_view_.entry(position_);
    valid_ = true;
  }

  bool Accept(Status status) {
    if (status.ok()) [[likely]]
      return true;
    Fail(std::move(status));
    return false;
  }
  void Fail(Status status) {
    valid_ = false;
    status_ = std::move(status);
  }
  void Refuse() { Fail(Status::InvalidArgument("a scan of a table only goes forward")); }

  const std::shared_ptr<Table> table_;
  BlockStream index_;
  BlockStream data_;
  bool prepared_ = false;  // the streams stand at partition_
  bool valid_ = false;
  uint32_t partition_ = 0;
  BlockView partition_view_;
  uint32_t block_ = 0;  // in partition_view_
  BlockView block_view_;
  uint32_t position_ = 0;  // in block_view_
  BlockView::Entry entry_;
  Status status_;
};

}  // namespace

std::unique_ptr<key::InternalIterator> NewTableScan(std::shared_ptr<Table> table, io::Queue* queue,
                                                    io::BufferPool* pool,
                                                    const TableScanOptions& options) {
  return std::make_unique<TableScan>(std::move(table), queue, pool, options);
}

}  // namespace treering::table
