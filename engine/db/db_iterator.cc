#include "engine/db/db_iterator.h"

#include <utility>

namespace treering::db {

using key::Kind;

DbIterator::DbIterator(key::KeyOrder order, Source source)
    : order_(order), source_(std::move(source)) {}

DbIterator::DbIterator(Status error) : order_(BytewiseComparator()), status_(std::move(error)) {}

DbIterator::~DbIterator() { source_.merge.reset(); }  // before what it reads from

Status DbIterator::status() const {
  if (!status_.ok()) return status_;
  if (!failure_.ok()) return failure_;
  if (source_.closed->load(std::memory_order_acquire)) {
    return Status::Aborted("the database of this iterator was closed");
  }
  return source_.merge->status();
}

void DbIterator::Fail(Status error) {
  StopInvalid();
  failure_ = std::move(error);
}

bool DbIterator::BeginSeek() {
  failure_ = Status();
  return Begin();
}

bool DbIterator::Begin() {
  valid_ = false;
  return status_.ok() && !source_.closed->load(std::memory_order_acquire);
}

bool DbIterator::PastUpper(const Slice& user_key) const {
  return source_.upper.has_value() && order_.CompareUser(user_key, *source_.upper) >= 0;
}

bool DbIterator::BeforeLower(const Slice& user_key) const {
  return source_.lower.has_value() && order_.CompareUser(user_key, *source_.lower) < 0;
}

void DbIterator::StopInvalid() {
  valid_ = false;
  saved_key_.clear();
  saved_value_.clear();
}

void DbIterator::SeekInternal(const Slice& target, uint64_t tag) {
  seek_key_.clear();
  key::AppendInternalKey(&seek_key_, target, tag);
  source_.merge->Seek(seek_key_);
}

void DbIterator::SeekToFirst() {
  if (source_.lower.has_value()) {
    const std::string lower = *source_.lower;
    return Seek(lower);
  }
  if (!BeginSeek()) return;
  forward_ = true;
  source_.merge->SeekToFirst();
  FindForward(false);
}

void DbIterator::Seek(const Slice& target) {
  if (!BeginSeek()) return;
  forward_ = true;
  const Slice from = BeforeLower(target) ? Slice(*source_.lower) : target;
  SeekInternal(from, key::SeekTag(source_.sequence));
  FindForward(false);
}

// From where merge_ stands, finds the first entry to show. With skip_saved, entries of saved_key_
// do not count: it was shown already or is deleted.
void DbIterator::FindForward(bool skip_saved) {
  key::InternalIterator* const merge = source_.merge.get();
  for (; merge->Valid(); merge->Next()) {
    const Slice internal = merge->key();
    const Slice user_key = key::UserKey(internal);
    const uint64_t tag = key::Tag(internal);
    if (PastUpper(user_key)) break;
    if (key::TagSequence(tag) > source_.sequence) continue;
    if (skip_saved && IsSaved(user_key)) continue;
    if (key::TagKind(tag) == Kind::kValue) {
      valid_ = true;
      return;
    }
    saved_key_.assign(user_key.data(), user_key.size());  // a deletion hides the older ones
    skip_saved = true;
  }
  StopInvalid();
}

void DbIterator::Next() {
  const bool was_valid = valid_;
  if (!Begin() || !was_valid) return;
  if (!forward_) {
    TurnForward();
  } else {
    const Slice user_key = key::UserKey(source_.merge->key());
    saved_key_.assign(user_key.data(), user_key.size());
    source_.merge->Next();
  }
  FindForward(true);
}

// merge_ stands before all entries of saved_key_, perhaps before the first entry of all.
void DbIterator::TurnForward() {
  forward_ = true;
  saved_value_.clear();
  if (source_.merge->Valid()) {
    source_.merge->Next();
  } else {
    const std::string from = saved_key_;
    SeekInternal(from, key::SeekTag(key::TagSequence(~0ull)));
  }
}

void DbIterator::SeekToLast() {
  if (!BeginSeek()) return;
  forward_ = false;
  if (source_.upper.has_value()) {
    // The entry before the first one of the bound.
    seek_key_.clear();
    key::AppendInternalKey(&seek_key_, *source_.upper, ~0ull);
    source_.merge->SeekForPrev(seek_key_);
  } else {
    source_.merge->SeekToLast();
  }
  FindBackward();
}

void DbIterator::SeekForPrev(const Slice& target) {
  if (PastUpper(target)) return SeekToLast();
  if (!BeginSeek()) return;
  forward_ = false;
  // Tag 0 sorts behind every entry of the key.
  seek_key_.clear();
  key::AppendInternalKey(&seek_key_, target, 0);
  source_.merge->SeekForPrev(seek_key_);
  FindBackward();
}

// From where merge_ stands, walks back over whole keys until one is to be shown; ends before it.
void DbIterator::FindBackward() {
  key::InternalIterator* const merge = source_.merge.get();
  bool show = false;  // whether saved_key_ has an entry to show so far
  saved_key_.clear();
  bool have_key = false;
  for (; merge->Valid(); merge->Prev()) {
    const Slice internal = merge->key();
    const Slice user_key = key::UserKey(internal);
    const uint64_t tag = key::Tag(internal);
    if (have_key && !IsSaved(user_key)) {
      if (show) break;
      have_key = false;
    }
    if (BeforeLower(user_key)) break;
    if (key::TagSequence(tag) > source_.sequence) continue;
    // Older entries come first on the way back: the last one seen wins.
    if (!have_key) saved_key_.assign(user_key.data(), user_key.size());
    have_key = true;
    show = key::TagKind(tag) == Kind::kValue;
    if (show) {
      const Slice value = merge->value();
      saved_value_.assign(value.data(), value.size());
    }
  }
  if (show && merge->status().ok()) {
    valid_ = true;
  } else {
    StopInvalid();
  }
}

void DbIterator::Prev() {
  const bool was_valid = valid_;
  if (!Begin() || !was_valid) return;
  if (forward_) TurnBackward();
  FindBackward();
}

// Walks back to before all entries of the key shown.
void DbIterator::TurnBackward() {
  const Slice shown = key::UserKey(source_.merge->key());
  saved_key_.assign(shown.data(), shown.size());
  forward_ = false;
  while (source_.merge->Valid() && IsSaved(key::UserKey(source_.merge->key()))) {
    source_.merge->Prev();
  }
}

}  // namespace treering::db
