// PinnedValue: a value that was read, as a view of a pinned cache frame or an owned copy.
//
// Owner: the caller; move-only. Destroy or Reset it soon: it holds its frame in memory.
// Threads: one at a time.
// Invariants:
//   1. slice() stays good until Reset, also after the database was closed.
#ifndef TREERING_API_PINNED_VALUE_H_
#define TREERING_API_PINNED_VALUE_H_

#include <string>
#include <utility>

#include "api/slice.h"

namespace treering {

class PinnedValue {
 public:
  PinnedValue() = default;
  PinnedValue(PinnedValue&& other) noexcept { *this = std::move(other); }
  PinnedValue& operator=(PinnedValue&& other) noexcept {
    if (this == &other) return *this;
    Reset();
    const bool is_copy = other.release_ == nullptr;
    copy_ = std::move(other.copy_);
    slice_ = is_copy ? Slice(copy_) : other.slice_;  // a short string moves with its owner
    release_ = std::exchange(other.release_, nullptr);
    holder_ = std::exchange(other.holder_, nullptr);
    other.copy_.clear();
    other.slice_ = Slice();
    return *this;
  }
  ~PinnedValue() { Reset(); }

  Slice slice() const { return slice_; }
  const char* data() const { return slice_.data(); }
  size_t size() const { return slice_.size(); }
  std::string ToString() const { return slice_.ToString(); }
  void Reset() {
    if (release_ != nullptr) std::exchange(release_, nullptr)(std::exchange(holder_, nullptr));
    slice_ = Slice();
  }

  // For the engine: takes over a hold that `release` gives back.
  using Release = void (*)(void* holder);
  void SetPinned(const Slice& value, Release release, void* holder) {
    Reset();
    slice_ = value;
    release_ = release;
    holder_ = holder;
  }
  // For the engine: an owned copy; keeps the capacity of an earlier one.
  void SetCopy(const Slice& value) {
    Reset();
    copy_.assign(value.data(), value.size());
    slice_ = Slice(copy_);
  }

 private:
  Slice slice_;
  std::string copy_;
  Release release_ = nullptr;
  void* holder_ = nullptr;
};

}  // namespace treering

#endif  // TREERING_API_PINNED_VALUE_H_
