#include "engine/table/table_iterator.h"

#include <optional>
#include <utility>

#include "engine/table/back_window.h"
#include "engine/table/block_check.h"
#include "engine/table/block_stream.h"
#include "engine/table/block_view.h"
#include "engine/table/resident.h"
#include "engine/table/seek_ahead.h"

namespace treering::table {
namespace {

// So many missing blocks in a row are a scan, and worth reading ahead for.
constexpr uint32_t kMissesOfScan = 2;
constexpr ReadStreamOptions kReadAhead = {.extent_bytes_first = 32u << 10,
                                          .extent_bytes_max = 256u << 10,
                                          .depth_first = 1,
                                          .depth_max = 3};

class TableIterator final : public key::InternalIterator {
 public:
  TableIterator(std::shared_ptr<Table> table, ReadSource* source,
                const TableIteratorOptions& options)
      : table_(std::move(table)),
        source_(source),
        options_(options),
        ahead_(table_.get(), options.fill_cache),
        back_(table_.get()) {}

  bool Valid() const override { return valid_; }
  Slice key() const override { return entry_.key; }
  Slice value() const override { return entry_.value; }
  Status status() const override { return status_; }

  void PrepareSeek(const Slice& target) override { ahead_.Start(source_, target); }

  void Seek(const Slice& target) override {
    ahead_.Finish();
    SeekTo(target);
    ahead_.Stop();
  }

  void SeekForPrev(const Slice& target) override {
    Seek(target);
    if (!status_.ok()) return;
    if (!valid_) {
      SeekToLast();
    } else if (table_->order().Compare(entry_.key, target) > 0) {
      Prev();
    }
  }

  void SeekToFirst() override {
    Jump();
    if (LoadPartition(0)) ShowBlock(0, Direction::kForward);
  }

  void SeekToLast() override {
    Jump();
    if (!LoadPartition(table_->top_index().count() - 1)) return;
    ShowBlock(partition_view_.count() - 1, Direction::kBackward);
  }

  void Next() override {
    if (position_ + 1 < block_view_.count()) [[likely]] {
      entry_ = block_view_.entry(++position_);
    } else {
      NextBlock();
    }
  }

  void Prev() override {
    if (position_ > 0) [[likely]] {
      entry_ = block_view_.entry(--position_);
    } else {
      PrevBlock();
    }
  }

 private:
  enum class Direction : uint8_t { kForward, kBackward };

  void SeekTo(const Slice& target) {
    Jump();
    const Slice user_key = key::UserKey(target);
    const uint64_t tag = key::Tag(target);
    const uint32_t partition = table_->top_index().Find(table_->order(), user_key, tag);
    if (partition == table_->top_index().count() || !LoadPartition(partition)) return;
    const uint32_t block = partition_view_.LowerBound(table_->order(), user_key, tag);
    if (block == partition_view_.count()) {
      const uint64_t offset = table_->top_index().partition(partition).handle.offset();
      Fail(BlockCorruption(table_->PlaceOf(BlockKind::kIndex, offset),
                           "its separators are not in order"));
      return;
    }
    if (!LoadBlock(block, Direction::kForward)) return;
    position_ = block_view_.LowerBound(table_->order(), user_key, tag);
    if (position_ == block_view_.count()) {
      NextBlock();  // between this block's last key and its separator there is nothing
    } else {
      Show();
    }
  }

  // A seek: what was known of a scan is so no more.
  void Jump() {
    valid_ = false;
    status_ = Status::Ok();
    misses_ = 0;
    if (stream_) stream_->Stop();
    back_.Forget();
  }

  void NextBlock() {
    valid_ = false;
    uint32_t block = block_ + 1;
    if (block == partition_view_.count()) {
      if (partition_ + 1 == table_->top_index().count() || !LoadPartition(partition_ + 1)) return;
      block = 0;
    }
    ShowBlock(block, Direction::kForward);
  }

  void PrevBlock() {
    valid_ = false;
    if (block_ == 0) {
      if (partition_ == 0 || !LoadPartition(partition_ - 1)) return;
      block_ = partition_view_.count();
    }
    ShowBlock(block_ - 1, Direction::kBackward);
  }

  void ShowBlock(uint32_t block, Direction direction) {
    if (!LoadBlock(block, direction)) return;
    position_ = direction == Direction::kForward ? 0 : block_view_.count() - 1;
    Show();
  }

  bool LoadPartition(uint32_t partition) {
    const BlockHandle& handle = table_->top_index().partition(partition).handle;
    cache::BlockRef block = ahead_.Take(handle.page);
    if (!block) block = ResidentPartition(table_.get(), partition);
    if (!block && !Read(table_->PartitionRequest(partition), &block)) return false;
    partition_ = partition;
    partition_block_ = std::move(block);
    partition_view_ = BlockView(partition_block_.span());
    return Accept(table_->CheckChildSum(BlockKind::kIndex, handle, partition_view_.sum()));
  }

  bool LoadBlock(uint32_t block, Direction direction) {
    block_ = block;
    const BlockHandle handle = HandleAt(partition_view_, block);
    cache::BlockRef found = ahead_.Take(handle.page);
    if (!found) found = ResidentData(table_.get(), handle);
    if (found) {
      misses_ = 0;
    } else if (!ReadBlock(handle, direction, &found)) {
      return false;
    }
    if (found) {
      data_block_ = std::move(found);
      block_view_ = BlockView(data_block_.span());
    }
    return Accept(table_->CheckChildSum(BlockKind::kData, handle, block_view_.sum()));
  }

  // A block that the cache does not have: into *found, or into block_view_ when it is of a scan.
  bool ReadBlock(const BlockHandle& handle, Direction direction, cache::BlockRef* found) {
    misses_ = direction == direction_ ? misses_ + 1 : 1;
    direction_ = direction;
    if (misses_ > kMissesOfScan) {
      if (direction == Direction::kForward) {
        if (StreamAt(handle.offset())) {
          return Accept(stream_->Fetch(BlockKind::kData, handle, Request(handle), &block_view_));
        }
      } else if (back_.Fetch(source_->ForCall(), partition_view_, block_, &block_view_)) {
        return true;
      }
    }
    return Read(Request(handle), found);
  }

  // Whether blocks from `offset` on come by the stream.
  bool StreamAt(uint64_t offset) {
    if (!stream_) {
      io::Queue* const queue = source_->ForReadAhead();
      if (queue == nullptr) return false;
      stream_.emplace(table_.get(), queue, table_->env().buffers, kReadAhead);
    }
    if (!stream_->Covers(offset)) stream_->Start(offset, table_->footer().index_offset);
    return true;
  }

  cache::BlockRequest Request(const BlockHandle& handle) {
    return table_->DataRequest(handle, cache::Priority::kLow, options_.fill_cache);
  }

  bool Read(const cache::BlockRequest& request, cache::BlockRef* block) {
    Result<cache::BlockRef> result = table_->env().fetcher->ReadOne(source_->ForCall(), request);
    if (!result.ok()) {
      Fail(result.status());
      return false;
    }
    *block = std::move(*result);
    return true;
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

  const std::shared_ptr<Table> table_;
  ReadSource* const source_;
  const TableIteratorOptions options_;

  bool valid_ = false;
  uint32_t partition_ = 0;
  cache::BlockRef partition_block_;
  BlockView partition_view_;
  uint32_t block_ = 0;  // in partition_view_
  cache::BlockRef data_block_;
  BlockView block_view_;   // of data_block_, or of a block in stream_ or back_
  uint32_t position_ = 0;  // in block_view_
  BlockView::Entry entry_;
  Status status_;

  Direction direction_ = Direction::kForward;
  uint32_t misses_ = 0;  // missing blocks in a row, in one direction
  SeekAhead ahead_;
  std::optional<BlockStream> stream_;
  BackWindow back_;
};

}  // namespace

std::unique_ptr<key::InternalIterator> NewTableIterator(std::shared_ptr<Table> table,
                                                        ReadSource* source,
                                                        const TableIteratorOptions& options) {
  return std::make_unique<TableIterator>(std::move(table), source, options);
}

}  // namespace treering::table
