#include "engine/memtable/memtable.h"

#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/thread.h"
#include "engine/memtable/memtable_iterator.h"

namespace treering::memtable {

Reservation::Reservation(Reservation&& other) noexcept
    : table_(std::exchange(other.table_, nullptr)),
      extent_(std::exchange(other.extent_, ReserveArena::Extent())),
      first_(other.first_),
      records_(other.records_),
      added_(other.added_),
      deletions_(other.deletions_) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  Reservation taken(std::move(other));
  std::swap(table_, taken.table_);
  std::swap(extent_, taken.extent_);
  std::swap(first_, taken.first_);
  std::swap(records_, taken.records_);
  std::swap(added_, taken.added_);
  std::swap(deletions_, taken.deletions_);
  return *this;
}

Reservation::~Reservation() {
  if (table_ != nullptr) table_->Finish(this);
}

MemTable::MemTable(key::KeyOrder order, base::BlockSource* blocks, uint64_t seed)
    : order_(order), arena_(blocks), list_(order, seed) {}

MemTable::~MemTable() = default;

Result<Reservation> MemTable::Reserve(key::Sequence first, uint64_t records, uint64_t data_bytes) {
  TREERING_CHECK(!sealed());
  if (records > base::kSequenceMax || first > base::kSequenceMax - records + 1) {
    return Status::InvalidArgument(
        "memtable: " + std::to_string(records) + " records from sequence " + std::to_string(first) +
        " on pass the last sequence, " + std::to_string(base::kSequenceMax));
  }
  Reservation reservation;
  reservation.first_ = first;
  reservation.records_ = records;
  if (records == 0) return reservation;
  // Heights follow from the sequences, so this is exact but for the rounding of each node to 8.
  uint64_t bytes = data_bytes;
  for (uint64_t i = 0; i < records; ++i) {
    bytes += RecordNode::Bytes(list_.HeightOf(first + i), 0, 0) + 7;
  }
  if (data_bytes > SIZE_MAX / 4 || !arena_.Carve(bytes, &reservation.extent_)) {
    return Status::OutOfMemory("memtable: no room in the memory budget for " +
                               std::to_string(bytes) + " bytes of a commit; " +
                               std::to_string(MemoryBytes()) + " bytes are held");
  }
  reservation.table_ = this;
  Widen(first, first + records - 1);
  return reservation;
}

void MemTable::Add(Reservation* reservation, key::Sequence sequence, key::Kind kind,
                   const Slice& user_key, const Slice& value) {
  TREERING_CHECK(reservation->table_ == this && sequence >= reservation->first_ &&
                 sequence - reservation->first_ < reservation->records_);
  TREERING_CHECK(kind == key::Kind::kValue || kind == key::Kind::kDelete);
  TREERING_CHECK(user_key.size() <= base::kKeyBytesMax && value.size() <= base::kValueBytesMax);
  ReserveArena::Extent& extent = reservation->extent_;
  const int height = list_.HeightOf(sequence);
  const size_t bytes = RecordNode::Bytes(height, user_key.size(), value.size());
  TREERING_CHECK(bytes <= static_cast<size_t>(extent.end - extent.next));
  auto* const node =
      new (extent.next) RecordNode(order_.Head(user_key), height, user_key.size(), value.size());
  extent.next += bytes;
  char* const p = node->data();
  if (!user_key.empty()) std::memcpy(p, user_key.data(), user_key.size());
  base::Store64(p + user_key.size(), key::MakeTag(sequence, kind));
  if (!value.empty()) {
    std::memcpy(p + user_key.size() + key::kTagBytes, value.data(), value.size());
  }
  list_.Insert(node);
  ++reservation->added_;
  if (kind == key::Kind::kDelete) ++reservation->deletions_;
}

Lookup MemTable::Get(const Slice& user_key, key::Sequence snapshot) const {
  Lookup lookup;
  const RecordNode* const node =
      list_.FindAtOrAfter(Target(order_, user_key, key::SeekTag(snapshot)));
  if (node == nullptr || order_.CompareUser(node->user_key(), user_key) != 0) return lookup;
  lookup.sequence = key::TagSequence(node->tag());
  if (key::TagKind(node->tag()) == key::Kind::kDelete) {
    lookup.outcome = Lookup::Outcome::kDeleted;
  } else {
    lookup.outcome = Lookup::Outcome::kValue;
    lookup.value = node->value();
  }
  return lookup;
}

std::unique_ptr<key::InternalIterator> MemTable::NewIterator() const {
  return std::make_unique<MemTableIterator>(&list_);
}

void MemTable::AppendIterators(std::vector<std::unique_ptr<key::InternalIterator>>* out) const {
  out->push_back(NewIterator());
}

key::Sequence MemTable::FirstSequence() const {
  const key::Sequence first = first_sequence_.load(std::memory_order_relaxed);
  return first == UINT64_MAX ? 0 : first;
}

key::Sequence MemTable::LastSequence() const {
  return last_sequence_.load(std::memory_order_relaxed);
}

void MemTable::Finish(Reservation* reservation) {
  arena_.Return(&reservation->extent_);
  entry_count_.fetch_add(reservation->added_, std::memory_order_relaxed);
  if (reservation->deletions_ > 0) {
    deletion_count_.fetch_add(reservation->deletions_, std::memory_order_relaxed);
  }
  reservation->table_ = nullptr;
}

void MemTable::Widen(key::Sequence first, key::Sequence last) {
  key::Sequence now = first_sequence_.load(std::memory_order_relaxed);
  while (first < now &&
         !first_sequence_.compare_exchange_weak(now, first, std::memory_order_relaxed)) {
    base::SchedPoint();
  }
  now = last_sequence_.load(std::memory_order_relaxed);
  while (last > now &&
         !last_sequence_.compare_exchange_weak(now, last, std::memory_order_relaxed)) {
    base::SchedPoint();
  }
}

}  // namespace treering::memtable
