#include "engine/table/table_lookup.h"

#include <span>

#include "engine/table/block_check.h"
#include "engine/table/block_view.h"
#include "engine/table/filter_format.h"

namespace treering::table {
using cache::PageCache;

void TableLookup::Start(Table* table, const Slice& user_key, uint64_t hash,
                        key::Sequence snapshot) {
  table_ = table;
  user_key_ = user_key;
  hash_ = hash;
  seek_tag_ = key::SeekTag(snapshot);
  value_frame_ = nullptr;
  filter_passed_ = false;
  phase_ = table->filter_pages() > 0 ? Phase::kFilter : Phase::kIndex;
  if (phase_ == Phase::kFilter) {
    const uint32_t page = FilterPageOf(hash, table->filter_pages());
    const cache::Frame* const frame = table->filter_slot(page)->load(std::memory_order_acquire);
    if (frame != nullptr) {
      __builtin_prefetch(PageCache::Data(frame) + FilterLineOf(hash) * kFilterLineBytes);
    }
  }
  partition_ = table->top_index().Find(table->order(), user_key, seek_tag_);
  if (partition_ == table->top_index().count()) return;
  const cache::Frame* const frame =
      table->partition_slot(partition_)->load(std::memory_order_acquire);
  if (frame != nullptr) {
    BlockView::Prefetch(PageCache::Data(frame),
                        table->top_index().partition(partition_).handle.bytes());
  }
}

TableLookup::Step TableLookup::Resume(const cache::BlockRef* block) {
  if (partition_ == table_->top_index().count()) return Step::kAbsent;  // behind the last key
  switch (phase_) {
    case Phase::kFilter:
      return AskFilter(block);
    case Phase::kIndex:
      return AskIndex(block);
    case Phase::kData:
      return AskData(block);
  }
  return Fail(Status::Failed("a lookup in no phase"));
}

TableLookup::Step TableLookup::ResumeFailed(const Status& status) {
  if (phase_ != Phase::kFilter) return Fail(status);
  // Without its filter a table may hold any key.
  table_->NoteFilterFailure();
  phase_ = Phase::kIndex;
  return AskIndex(nullptr);
}

TableLookup::Step TableLookup::Need(const cache::BlockRequest& request) {
  need_ = request;
  return Step::kNeedBlock;
}

TableLookup::Step TableLookup::Fail(Status status) {
  status_ = std::move(status);
  return Step::kError;
}

TableLookup::Step TableLookup::AskFilter(const cache::BlockRef* block) {
  const uint32_t page = FilterPageOf(hash_, table_->filter_pages());
  const std::byte* data;
  if (block != nullptr) {
    data = block->data();
  } else {
    cache::Frame* const frame = table_->filter_slot(page)->load(std::memory_order_acquire);
    if (frame == nullptr) return Need(table_->FilterRequest(page));
    PageCache::Touch(frame);
    data = PageCache::Data(frame);
  }
  if (!FilterMayMatch(hash_, table_->filter_probes(), data)) return Step::kAbsent;
  filter_passed_ = true;
  phase_ = Phase::kIndex;
  return AskIndex(nullptr);
}

TableLookup::Step TableLookup::AskIndex(const cache::BlockRef* block) {
  const BlockHandle& handle = table_->top_index().partition(partition_).handle;
  const std::byte* data;
  if (block != nullptr) {
    data = block->data();
  } else {
    cache::Frame* const frame = table_->partition_slot(partition_)->load(std::memory_order_acquire);
    if (frame == nullptr) return Need(table_->PartitionRequest(partition_));
    PageCache::Touch(frame);
    data = PageCache::Data(frame);
  }
  const BlockView view(std::span(data, handle.bytes()));
  if (Status s = table_->CheckChildSum(BlockKind::kIndex, handle, view.sum()); !s.ok()) {
    return Fail(std::move(s));
  }
  const uint32_t i = view.LowerBound(table_->order(), user_key_, seek_tag_);
  if (i == view.count()) {
    return Fail(BlockCorruption(table_->PlaceOf(BlockKind::kIndex, handle.offset()),
                                "its separators are not in order"));
  }
  data_ = HandleAt(view, i);
  phase_ = Phase::kData;
  return AskData(nullptr);
}

TableLookup::Step TableLookup::AskData(const cache::BlockRef* block) {
  const std::byte* data;
  cache::Frame* frame = nullptr;
  if (block != nullptr) {
    data = block->data();
  } else {
    frame = table_->env().cache->Lookup({table_->cache_file(), data_.page});
    if (frame == nullptr) return Need(table_->DataRequest(data_, cache::Priority::kNormal));
    data = PageCache::Data(frame);
  }
  const BlockView view(std::span(data, data_.bytes()));
  if (Status s = table_->CheckChildSum(BlockKind::kData, data_, view.sum()); !s.ok()) {
    return Fail(std::move(s));
  }
  const uint32_t i = view.LowerBound(table_->order(), user_key_, seek_tag_);
  if (i == view.count()) return Step::kAbsent;
  const BlockView::Entry entry = view.entry(i);
  if (table_->order().CompareUser(key::UserKey(entry.key), user_key_) != 0) return Step::kAbsent;
  tag_ = key::Tag(entry.key);
  if (key::TagKind(tag_) == key::Kind::kDelete) return Step::kDeleted;
  value_ = entry.value;
  value_frame_ = frame;
  return Step::kFound;
}

}  // namespace treering::table
