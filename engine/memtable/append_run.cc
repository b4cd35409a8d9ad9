#include "engine/memtable/append_run.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/coding.h"

namespace treering::memtable {
namespace {

constexpr size_t kPieceBytesMin = 64u << 10;
constexpr size_t kPieceBytesMax = 1u << 20;
constexpr size_t kOrderRoomMin = 4096;  // entries

// A record: two lengths, then user key, tag and value without gaps.
constexpr size_t kLengthsBytes = 8;

Slice KeyOf(const char* record) { return Slice(record + kLengthsBytes, base::Load32(record)); }
Slice ValueOf(const char* record) {
  return Slice(record + kLengthsBytes + base::Load32(record), base::Load32(record + 4));
}
size_t RecordBytes(const char* record) {
  return kLengthsBytes + base::Load32(record) + base::Load32(record + 4);
}

class RunIterator final : public key::InternalIterator {
 public:
  RunIterator(const key::KeyOrder& order, std::span<const AppendRun::Entry> entries)
      : order_(order), entries_(entries), at_(entries.size()) {}

  bool Valid() const override { return at_ < entries_.size(); }
  void SeekToFirst() override { at_ = 0; }
  void SeekToLast() override { at_ = entries_.empty() ? 0 : entries_.size() - 1; }
  void Seek(const Slice& target) override { at_ = FirstNotBefore(target); }
  void SeekForPrev(const Slice& target) override {
    at_ = FirstNotBefore(target);
    if (Valid() && order_.Compare(key(), target) == 0) return;
    Prev();
  }
  void Next() override {
    ++at_;
    // Records lie in the order they came: the ones after are elsewhere in memory.
    if (at_ + kPrefetchAhead < entries_.size()) {
      const char* const ahead = entries_[at_ + kPrefetchAhead].record;
      __builtin_prefetch(ahead);
      __builtin_prefetch(ahead + 64);
    }
  }
  // Before the first is behind the last: not Valid.
  void Prev() override { at_ = at_ == 0 ? entries_.size() : at_ - 1; }
  Slice key() const override { return KeyOf(entries_[at_].record); }
  Slice value() const override { return ValueOf(entries_[at_].record); }
  Status status() const override { return Status::Ok(); }

 private:
  static constexpr size_t kPrefetchAhead = 4;

  size_t FirstNotBefore(const Slice& target) const {
    const auto found =
        std::partition_point(entries_.begin(), entries_.end(), [&](const AppendRun::Entry& entry) {
          return order_.Compare(KeyOf(entry.record), target) < 0;
        });
    return static_cast<size_t>(found - entries_.begin());
  }

  const key::KeyOrder order_;
  const std::span<const AppendRun::Entry> entries_;
  size_t at_;
};

}  // namespace

AppendRun::~AppendRun() {
  for (const Piece& piece : pieces_) blocks_->Free(piece.data, piece.bytes);
  if (!order_room_.empty()) {
    blocks_->Free(reinterpret_cast<std::byte*>(order_room_.data()), order_room_.size_bytes());
  }
}

char* AppendRun::Carve(size_t bytes) {
  if (pieces_.empty() || pieces_.back().bytes - pieces_.back().used < bytes) {
    pieces_.reserve(pieces_.size() + 1);
    Piece piece;
    piece.bytes =
        pieces_.empty() ? kPieceBytesMin : std::min(kPieceBytesMax, pieces_.back().bytes * 2);
    piece.bytes = std::max(piece.bytes, bytes);
    piece.data = blocks_->Allocate(piece.bytes);
    if (piece.data == nullptr && piece.bytes > std::max(bytes, kPieceBytesMin)) {
      piece.bytes = std::max(bytes, kPieceBytesMin);  // near the end of the budget
      piece.data = blocks_->Allocate(piece.bytes);
    }
    if (piece.data == nullptr) return nullptr;
    pieces_.push_back(piece);
  }
  Piece& piece = pieces_.back();
  char* const carved = reinterpret_cast<char*>(piece.data + piece.used);
  piece.used += bytes;
  return carved;
}

bool AppendRun::Add(key::Sequence sequence, key::Kind kind, const Slice& user_key,
                    const Slice& value) {
  TREERING_DCHECK(!sorted_);
  if (entry_count_ == order_room_.size() && !MakeRoomInOrder()) return false;
  const size_t key_bytes = user_key.size() + key::kTagBytes;
  const size_t bytes = kLengthsBytes + key_bytes + value.size();
  char* p = Carve(bytes);
  if (p == nullptr) return false;
  base::Store32(p, static_cast<uint32_t>(key_bytes));
  base::Store32(p + 4, static_cast<uint32_t>(value.size()));
  p += kLengthsBytes;
  if (!user_key.empty()) std::memcpy(p, user_key.data(), user_key.size());
  base::Store64(p + user_key.size(), key::MakeTag(sequence, kind));
  if (!value.empty()) std::memcpy(p + key_bytes, value.data(), value.size());
  used_bytes_ += bytes;
  ++entry_count_;
  return true;
}

// Nothing is in it before Sort, so there is nothing to move.
bool AppendRun::MakeRoomInOrder() {
  const size_t count = std::max(kOrderRoomMin, order_room_.size() * 2);
  std::byte* const memory = blocks_->Allocate(count * sizeof(Entry));
  if (memory == nullptr) return false;
  if (!order_room_.empty()) {
    blocks_->Free(reinterpret_cast<std::byte*>(order_room_.data()), order_room_.size_bytes());
  }
  order_room_ = {reinterpret_cast<Entry*>(memory), count};
  return true;
}

void AppendRun::Sort() {
  TREERING_CHECK(!sorted_);
  sorted_ = true;
  size_t next = 0;
  for (const Piece& piece : pieces_) {
    const char* record = reinterpret_cast<const char*>(piece.data);
    const char* const end = record + piece.used;
    for (; record < end; record += RecordBytes(record)) {
      order_room_[next++] = {order_.Head(key::UserKey(KeyOf(record))), record};
    }
  }
  TREERING_CHECK(next == entry_count_);
  const std::span<Entry> entries = order_room_.first(entry_count_);
  std::sort(entries.begin(), entries.end(), [this](const Entry& a, const Entry& b) {
    if (a.head != b.head) [[likely]]
      return a.head < b.head;
    return order_.CompareOfEqualHeads(KeyOf(a.record), KeyOf(b.record)) < 0;
  });
}

std::unique_ptr<key::InternalIterator> AppendRun::NewIterator() const {
  TREERING_CHECK(sorted_);
  return std::make_unique<RunIterator>(order_, order_room_.first(entry_count_));
}

}  // namespace treering::memtable
