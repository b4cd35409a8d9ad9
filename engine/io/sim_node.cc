#include "engine/io/sim_node.h"

#include <utility>

#include "engine/base/check.h"

namespace treering::io {

void SimNameOp::ApplyTo(SimNames* names) const {
  if (kind == SimNameKind::kRemove) {
    names->erase(name);
    return;
  }
  if (kind == SimNameKind::kRename) {
    // Where the creation of the old name was lost, the old name may be another file's.
    const auto old = names->find(from);
    if (old != names->end() && old->second == node) names->erase(old);
  }
  (*names)[name] = node;
}

void SimEntries::Do(SimNameOp op) {
  op.ApplyTo(&current_);
  ops_.push_back(std::move(op));
}

void SimEntries::Sync(uint64_t sequence) {
  size_t covered = 0;
  while (covered < ops_.size() && ops_[covered].sequence <= sequence) {
    ops_[covered].ApplyTo(&stable_);
    ++covered;
  }
  ops_.erase(ops_.begin(), ops_.begin() + static_cast<ptrdiff_t>(covered));
}

void SimEntries::Lose(uint64_t sequence) {
  std::erase_if(ops_, [sequence](const SimNameOp& op) { return op.sequence <= sequence; });
}

void SimEntries::Adopt(SimNames names) {
  ops_.clear();
  stable_ = std::move(names);
  current_ = stable_;
}

void SimEntries::CopyFrom(const SimEntries& other,
                          const std::map<uint64_t, std::shared_ptr<SimNode>>& nodes) {
  const auto copy_of = [&nodes](const std::shared_ptr<SimNode>& node) {
    const auto it = nodes.find(node->number);
    TREERING_CHECK(it != nodes.end());
    return it->second;
  };
  stable_.clear();
  current_.clear();
  for (const auto& [name, node] : other.stable_) stable_[name] = copy_of(node);
  for (const auto& [name, node] : other.current_) current_[name] = copy_of(node);
  ops_ = other.ops_;
  for (SimNameOp& op : ops_) {
    if (op.node != nullptr) op.node = copy_of(op.node);
  }
}

}  // namespace treering::io
