#include "engine/db/level_iterator.h"

#include <algorithm>
#include <utility>

namespace treering::db {
namespace {

class LevelIterator final : public key::InternalIterator {
 public:
  LevelIterator(key::KeyOrder order, std::vector<manifest::TableRef> tables, TableSet* set,
                table::ReadSource* source, const table::TableIteratorOptions& options)
      : order_(order), tables_(std::move(tables)), set_(set), source_(source), options_(options) {}

  bool Valid() const override { return inner_ != nullptr && inner_->Valid(); }
  Slice key() const override { return inner_->key(); }
  Slice value() const override { return inner_->value(); }
  Status status() const override {
    if (!status_.ok()) return status_;
    return inner_ == nullptr ? Status::Ok() : inner_->status();
  }

  void SeekToFirst() override {
    if (Enter(0)) inner_->SeekToFirst();
    SkipForward();
  }
  void SeekToLast() override {
    if (Enter(tables_.size() - 1)) inner_->SeekToLast();
    SkipBackward();
  }
  void PrepareSeek(const Slice& target) override {
    const size_t index = IndexFor(target);
    if (index < tables_.size() && Enter(index)) inner_->PrepareSeek(target);
  }
  void Seek(const Slice& target) override {
    if (Enter(IndexFor(target))) inner_->Seek(target);
    SkipForward();
  }
  void SeekForPrev(const Slice& target) override {
    // The table that may hold the target, or else the last one, which ends before it.
    const size_t index = std::min(IndexFor(target), tables_.size() - 1);
    if (Enter(index)) inner_->SeekForPrev(target);
    SkipBackward();
  }
  void Next() override {
    inner_->Next();
    if (!inner_->Valid()) SkipForward();
  }
  void Prev() override {
    inner_->Prev();
    if (!inner_->Valid()) SkipBackward();
  }

 private:
  // The first table whose largest key is at or behind `target`.
  size_t IndexFor(const Slice& target) const {
    const auto it = std::lower_bound(tables_.begin(), tables_.end(), target,
                                     [this](const manifest::TableRef& table, const Slice& key) {
                                       return order_.Compare(table->meta.largest, key) < 0;
                                     });
    return static_cast<size_t>(it - tables_.begin());
  }

  // Makes table `index` the present one; false when there is none or it cannot be opened.
  bool Enter(size_t index) {
    if (inner_ != nullptr && index == index_ && status_.ok()) return true;
    inner_.reset();
    status_ = Status::Ok();
    index_ = index;
    if (index >= tables_.size()) return false;
    auto table = set_->Share(tables_[index], source_->ForCall());
    if (!table.ok()) {
      status_ = table.status();
      return false;
    }
    inner_ = table::NewTableIterator(*std::move(table), source_, options_);
    return true;
  }

  bool AtEndOfTable() const {
    return inner_ != nullptr && !inner_->Valid() && inner_->status().ok();
  }
  void SkipForward() {
    while (AtEndOfTable() && index_ + 1 < tables_.size() && Enter(index_ + 1))
      inner_->SeekToFirst();
  }
  void SkipBackward() {
    while (AtEndOfTable() && index_ > 0 && Enter(index_ - 1)) inner_->SeekToLast();
  }

  const key::KeyOrder order_;
  const std::vector<manifest::TableRef> tables_;
  TableSet* const set_;
  table::ReadSource* const source_;
  const table::TableIteratorOptions options_;
  size_t index_ = 0;
  std::unique_ptr<key::InternalIterator> inner_;
  Status status_;
};

}  // namespace

std::unique_ptr<key::InternalIterator> NewLevelIterator(
    key::KeyOrder order, std::vector<manifest::TableRef> tables, TableSet* set,
    table::ReadSource* source, const table::TableIteratorOptions& options) {
  return std::make_unique<LevelIterator>(order, std::move(tables), set, source, options);
}

}  // namespace treering::db
