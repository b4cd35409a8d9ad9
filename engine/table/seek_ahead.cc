#include "engine/table/seek_ahead.h"

#include <utility>

#include "engine/base/contain.h"
#include "engine/table/block_check.h"
#include "engine/table/block_view.h"
#include "engine/table/resident.h"

namespace treering::table {

void SeekAhead::Start(ReadSource* source, const Slice& target) {
  if (started_ && target == Slice(target_)) return;
  Stop();
  started_ = true;
  source_ = source;
  target_.assign(target.data(), target.size());
  partition_ = table_->top_index().Find(table_->order(), key::UserKey(target), key::Tag(target));
  if (partition_ == table_->top_index().count()) return;
  if (const cache::BlockRef block = ResidentPartition(table_, partition_)) {
    OnPartition(block);
  } else {
    reads_partition_ = true;
    StartRead(table_->PartitionRequest(partition_));
  }
}

void SeekAhead::OnPartition(const cache::BlockRef& block) {
  const BlockView view(block.span());
  const uint32_t i = view.LowerBound(table_->order(), key::UserKey(target_), key::Tag(target_));
  if (i == view.count()) return;
  const BlockHandle handle = HandleAt(view, i);
  if (IsResidentData(table_, handle)) return;
  reads_partition_ = false;
  StartRead(table_->DataRequest(handle, cache::Priority::kLow, fill_cache_));
}

void SeekAhead::StartRead(const cache::BlockRequest& request) {
  queue_ = source_->ForReadAhead();
  if (queue_ == nullptr) return;
  pending_.emplace();
  pending_->user = static_cast<IoClient*>(this);
  if (!table_->env().fetcher->Start(queue_, request, &*pending_).ok()) return;
  in_flight_ = true;
  PollAndRoute(queue_);
}

void SeekAhead::OnIo(io::Request*) {
  if (table_->env().fetcher->Complete(queue_, &*pending_) != cache::BlockFetcher::Step::kDone) {
    return;
  }
  in_flight_ = false;
  if (!pending_->status().ok()) return;
  Held& held = reads_partition_ ? partition_block_ : data_block_;
  held.page = pending_->block().id.page;
  held.block = pending_->TakeBlock();
  // It is called while others wait, who must not hear of it: what it cannot read ahead is read when
  // it is wanted.
  (void)base::Contain([&] {
    if (reads_partition_) OnPartition(held.block);
  });
}

void SeekAhead::Finish() {
  while (in_flight_) WaitAndRoute(queue_);
}

void SeekAhead::Stop() {
  Finish();
  started_ = false;
  partition_block_ = Held();
  data_block_ = Held();
}

cache::BlockRef SeekAhead::Take(uint64_t page) {
  for (Held* held : {&partition_block_, &data_block_}) {
    if (held->block && held->page == page) return std::move(held->block);
  }
  return cache::BlockRef();
}

}  // namespace treering::table
