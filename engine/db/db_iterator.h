// DbIterator: user keys in order as of one sequence, out of a merge of internal keys.
//
// Owner: the user's Iterator handle.
// Threads: one at a time.
// Invariants:
//   1. Shows each user key once: its newest entry at or below the sequence, unless that is a
//      deletion.
//   2. Shows only keys in [lower, upper), and does not read past a bound.
//   3. Stops at the first error and keeps it; never skips what it could not read.
//   4. Keeps alive what it reads from (`hold`); once `closed` is set every call answers Aborted.
//   5. Forward: merge_ stands on the entry shown. Backward: merge_ stands before all entries of the
//      key shown, which is held in saved_key_ and saved_value_.
#ifndef TREERING_ENGINE_DB_DB_ITERATOR_H_
#define TREERING_ENGINE_DB_DB_ITERATOR_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/slice.h"
#include "api/status.h"
#include "engine/key/internal_iterator.h"
#include "engine/key/internal_key.h"

namespace treering::db {

class DbIterator {
 public:
  struct Source {
    // What must live as long as the iterator; destroyed last, on the thread that destroys it.
    std::shared_ptr<void> hold;
    std::unique_ptr<key::InternalIterator> merge;
    key::Sequence sequence = 0;
    // Set once the database is closed; lives in `hold`.
    const std::atomic<bool>* closed = nullptr;
    std::optional<std::string> lower;
    std::optional<std::string> upper;
  };

  DbIterator(key::KeyOrder order, Source source);
  // One that only says why it could not be made.
  explicit DbIterator(Status error);
  ~DbIterator();

  bool Valid() const { return valid_; }
  void SeekToFirst();
  void SeekToLast();
  void Seek(const Slice& target);
  void SeekForPrev(const Slice& target);
  void Next();
  void Prev();
  Slice key() const { return forward_ ? key::UserKey(source_.merge->key()) : Slice(saved_key_); }
  Slice value() const { return forward_ ? source_.merge->value() : Slice(saved_value_); }
  Status status() const;
  // A step ended in the middle: not Valid and answering `error`, until the next seek.
  void Fail(Status error);

 private:
  bool Begin();  // false: closed or failed
  bool BeginSeek();
  void SeekInternal(const Slice& target, uint64_t tag);
  void FindForward(bool skip_saved);
  void FindBackward();
  void TurnForward();
  void TurnBackward();
  bool PastUpper(const Slice& user_key) const;
  bool BeforeLower(const Slice& user_key) const;
  bool IsSaved(const Slice& user_key) const {
    return order_.CompareUser(user_key, saved_key_) == 0;
  }
  void StopInvalid();

  key::KeyOrder order_;
  Source source_;
  Status status_;   // it could not be made
  Status failure_;  // of a step, until the next seek
  bool valid_ = false;
  bool forward_ = true;
  std::string saved_key_;
  std::string saved_value_;
  std::string seek_key_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_DB_ITERATOR_H_
