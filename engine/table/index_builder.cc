#include "engine/table/index_builder.h"

#include <cstring>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/limits.h"

namespace treering::table {
namespace {

Status NoMemory() {
  return Status::OutOfMemory("no memory for the index of a table being written");
}

}  // namespace

IndexBuilder::IndexBuilder(io::BufferPool* pool)
    : pool_(pool),
      partition_(pool, base::kPageBytes),
      top_(pool, base::kPageBytes, BlockBuilder::Growth::kForEverything) {}

Status IndexBuilder::Add(const Slice& separator, const BlockHandle& handle) {
  value_.clear();
  AppendHandle(&value_, handle);
  BlockBuilder::AddResult result = partition_.Add(separator, value_);
  if (result == BlockBuilder::AddResult::kFull) {
    if (Status s = FinishPartition(); !s.ok()) return s;
    result = partition_.Add(separator, value_);
  }
  if (result != BlockBuilder::AddResult::kAdded) return NoMemory();
  if (partition_.count() == 1) partition_data_page_ = handle.page;
  return Status::Ok();
}

Status IndexBuilder::FinishPartition() {
  Partition partition;
  partition.separator = partition_.last_key().ToString();
  const std::span<std::byte> block = partition_.Finish(BlockKind::kIndex);
  partition.bytes = block.size();
  partition.data_page = partition_data_page_;
  partition.block = pool_->Allocate(block.size(), base::MemoryClass::kTableMeta, base::Need::kMust);
  if (!partition.block) return NoMemory();
  std::memcpy(partition.block.data(), block.data(), block.size());
  finished_bytes_ += block.size();
  partitions_.push_back(std::move(partition));
  partition_.Reset();
  return Status::Ok();
}

Status IndexBuilder::FinishPartitions(const BlockSink& sink) {
  if (!partition_.empty()) {
    if (Status s = FinishPartition(); !s.ok()) return s;
  }
  for (Partition& partition : partitions_) {
    BlockHandle handle;
    if (Status s = sink(BlockKind::kIndex, partition.block.span().first(partition.bytes), &handle);
        !s.ok()) {
      return s;
    }
    partition.block = io::Buffer();
    value_.clear();
    AppendHandle(&value_, handle);
    base::AppendVarint32(&value_, partition.data_page);
    if (top_.Add(partition.separator, value_) != BlockBuilder::AddResult::kAdded) return NoMemory();
  }
  return Status::Ok();
}

Status IndexBuilder::FinishTop(const BlockSink& sink, BlockHandle* handle) {
  return sink(BlockKind::kTopIndex, top_.Finish(BlockKind::kTopIndex), handle);
}

}  // namespace treering::table
