#include "engine/compaction/splitter.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace treering::compaction {

OutputSplitter::OutputSplitter(const Options& options, const key::KeyOrder& order,
                               std::vector<manifest::TableRef> grandparents)
    : options_(options), order_(order), grandparents_(std::move(grandparents)) {}

bool OutputSplitter::CutBefore(const Slice& user_key, uint64_t output_bytes) {
  if (has_last_ && order_.CompareUser(user_key, last_key_) == 0) return false;
  // Grandparents that the output would overlap by holding both the last key and this one.
  while (grandparent_index_ < grandparents_.size()) {
    const manifest::TableMeta& meta = grandparents_[grandparent_index_]->meta;
    if (order_.CompareUser(user_key, meta.largest_user_key()) <= 0) break;
    if (has_last_) overlap_bytes_ += meta.bytes;
    ++grandparent_index_;
  }
  last_key_.assign(user_key.data(), user_key.size());
  has_last_ = true;
  if (output_bytes == 0) {
    overlap_bytes_ = 0;
    return false;
  }
  if (output_bytes < options_.table_bytes && overlap_bytes_ <= options_.grandparent_bytes_max) {
    return false;
  }
  overlap_bytes_ = 0;
  return true;
}

std::vector<Anchor> AnchorsOf(const CompactionPlan& plan, const key::KeyOrder& order) {
  std::vector<Anchor> anchors;
  for (const auto* tables : {&plan.inputs, &plan.output_inputs}) {
    for (const manifest::TableRef& table : *tables) {
      anchors.push_back({table->meta.smallest_user_key().ToString(), 0});
      anchors.push_back({table->meta.largest_user_key().ToString(), table->meta.bytes});
    }
  }
  std::stable_sort(anchors.begin(), anchors.end(), [&order](const Anchor& a, const Anchor& b) {
    return order.CompareUser(a.user_key, b.user_key) < 0;
  });
  return anchors;
}

std::vector<KeyPart> SplitByAnchors(std::vector<Anchor> anchors, const key::KeyOrder& order,
                                    uint32_t parts_max, uint64_t part_bytes_min) {
  TREERING_CHECK(parts_max >= 1);
  std::stable_sort(anchors.begin(), anchors.end(), [&order](const Anchor& a, const Anchor& b) {
    return order.CompareUser(a.user_key, b.user_key) < 0;
  });
  uint64_t total = 0;
  for (const Anchor& anchor : anchors) total += anchor.bytes;
  const uint64_t part_bytes = std::max({total / parts_max, part_bytes_min, uint64_t{1}});

  std::vector<KeyPart> parts(1);
  uint64_t bytes = 0;   // of the part at hand
  uint64_t passed = 0;  // of all parts
  for (const Anchor& anchor : anchors) {
    bytes += anchor.bytes;
    passed += anchor.bytes;
    const bool enough_behind = total - passed >= std::max<uint64_t>(part_bytes_min, 1);
    if (bytes < part_bytes || !enough_behind || parts.size() == parts_max) continue;
    const bool moves =
        !parts.back().begin || order.CompareUser(anchor.user_key, *parts.back().begin) > 0;
    if (!moves) continue;
    parts.back().end = anchor.user_key;
    parts.emplace_back().begin = anchor.user_key;
    bytes = 0;
  }
  return parts;
}

}  // namespace treering::compaction
