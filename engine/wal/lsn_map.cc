#include "engine/wal/lsn_map.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace treering::wal {

void LsnMap::Add(std::shared_ptr<Segment> segment) {
  TREERING_CHECK(segment != nullptr && segment->info.blocks > 0);
  const uint64_t blocks = segment->info.blocks;
  entries_.push_back(Entry{std::move(segment), end_lsn_});
  end_lsn_ += blocks;
}

LsnMap::Place LsnMap::PlaceOf(uint64_t lsn) const {
  TREERING_CHECK(lsn <= end_lsn_);
  if (entries_.empty()) return {};
  TREERING_CHECK(lsn >= entries_.front().first_lsn);
  for (const Entry& entry : entries_) {
    if (lsn < entry.end_lsn()) return {entry.segment->info.number, lsn - entry.first_lsn};
  }
  const SegmentInfo& last = entries_.back().segment->info;
  return {last.number, last.blocks};
}

std::vector<LsnMap::Entry> LsnMap::Overlapping(uint64_t from, uint64_t to) const {
  std::vector<Entry> out;
  for (const Entry& entry : entries_) {
    if (entry.first_lsn < to && entry.end_lsn() > from) out.push_back(entry);
  }
  return out;
}

std::vector<uint64_t> LsnMap::Below(uint64_t lsn) const {
  std::vector<uint64_t> out;
  for (size_t i = 0; i + 1 < entries_.size() && entries_[i].end_lsn() <= lsn; ++i) {
    out.push_back(entries_[i].segment->info.number);
  }
  return out;
}

std::shared_ptr<Segment> LsnMap::TakeFront(uint64_t number) {
  if (entries_.empty() || entries_.front().segment->info.number != number) return nullptr;
  std::shared_ptr<Segment> segment = std::move(entries_.front().segment);
  entries_.pop_front();
  return segment;
}

size_t LsnMap::CountUntouched(uint64_t lsn) const {
  return static_cast<size_t>(std::count_if(entries_.begin(), entries_.end(),
                                           [lsn](const Entry& e) { return e.first_lsn >= lsn; }));
}

}  // namespace treering::wal
