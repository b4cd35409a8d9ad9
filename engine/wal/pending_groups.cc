#include "engine/wal/pending_groups.h"

#include "engine/base/check.h"

namespace treering::wal {

void PendingGroups::MakeRoom() {
  std::vector<PendingGroup>& groups = taken_.groups;
  if (groups.size() == groups.capacity()) groups.reserve(std::max<size_t>(8, 2 * groups.size()));
}

void PendingGroups::Add(PendingGroup group, uint64_t now_nanos) {
  TREERING_CHECK(group.header.first_sequence == last_sequence_ + 1);
  if (empty()) since_nanos_ = now_nanos;
  last_sequence_ = group.header.last_sequence();
  taken_.stream_bytes += kGroupHeaderBytes + group.header.payload_bytes;
  owned_bytes_ += group.owned.size();
  taken_.groups.push_back(std::move(group));
}

TakenGroups PendingGroups::Take() {
  TakenGroups out;
  std::swap(out, taken_);
  owned_bytes_ = 0;
  return out;
}

}  // namespace treering::wal
