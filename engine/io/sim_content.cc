#include "engine/io/sim_content.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace treering::io {
namespace {

// Stores kept as separate versions of their pages; beyond it the kernel has "written back" the
// older half, which it may do at any time.
constexpr size_t kStoresMax = 16384;

// The bytes an operation decides on: [first, last).
std::pair<uint64_t, uint64_t> RangeOf(const SimDataOp& op) {
  constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();
  switch (op.kind) {
    case SimDataKind::kWrite:
    case SimDataKind::kStore:
      return {op.offset, op.offset + op.bytes->size()};
    case SimDataKind::kTruncate:
      return {op.size, kEnd};
    case SimDataKind::kAllocate:
      break;
  }
  return {0, 0};  // an allocation changes no byte
}

bool Overlap(const SimDataOp& a, const SimDataOp& b) {
  const auto [a_first, a_last] = RangeOf(a);
  const auto [b_first, b_last] = RangeOf(b);
  return a_first < b_last && b_first < a_last;
}

}  // namespace

void SimDataOp::ApplyTo(SimImage* image) const {
  switch (kind) {
    case SimDataKind::kWrite:
      image->Write(offset, *bytes);
      break;
    case SimDataKind::kStore:
      image->WriteWithin(offset, *bytes);
      break;
    case SimDataKind::kTruncate:
      image->Resize(size);
      break;
    case SimDataKind::kAllocate:
      image->Resize(std::max(size, image->size()));
      break;
  }
}

void SimContent::Land(SimDataOp op) {
  op.ApplyTo(&current_);
  ops_.push_back(std::move(op));
  if (ops_.size() > kStoresMax) BoundStores();
}

void SimContent::Complete(uint64_t sequence, uint64_t completed_at) {
  for (auto op = ops_.rbegin(); op != ops_.rend(); ++op) {
    if (op->sequence != sequence) continue;
    op->completed_at = completed_at;
    return;
  }
}

void SimContent::CompleteAll(uint64_t completed_at) {
  for (SimDataOp& op : ops_) {
    if (op.completed_at == 0) op.completed_at = completed_at;
  }
}

std::vector<bool> SimContent::CoveredBy(uint64_t mark) const {
  std::vector<bool> covered(ops_.size());
  for (size_t i = ops_.size(); i-- > 0;) {
    covered[i] = ops_[i].completed_at != 0 && ops_[i].completed_at <= mark;
    // What lies under bytes that are durable cannot come back over them.
    for (size_t j = i + 1; !covered[i] && j < ops_.size(); ++j) {
      covered[i] = covered[j] && Overlap(ops_[i], ops_[j]);
    }
  }
  return covered;
}

void SimContent::Sync(uint64_t mark) {
  const std::vector<bool> covered = CoveredBy(mark);
  size_t kept = 0;
  for (size_t i = 0; i < ops_.size(); ++i) {
    if (covered[i]) {
      ops_[i].ApplyTo(&stable_);
    } else {
      if (kept != i) ops_[kept] = std::move(ops_[i]);
      ++kept;
    }
  }
  ops_.resize(kept);
  // The two share their pages again.
  if (kept == 0 && !lost_) stable_ = current_;
}

void SimContent::Lose(uint64_t mark) {
  const std::vector<bool> covered = CoveredBy(mark);
  size_t kept = 0;
  for (size_t i = 0; i < ops_.size(); ++i) {
    if (covered[i]) {
      lost_ = true;
      continue;
    }
    if (kept != i) ops_[kept] = std::move(ops_[i]);
    ++kept;
  }
  ops_.resize(kept);
}

void SimContent::Reread() {
  if (!lost_) return;
  lost_ = false;
  current_ = stable_;
  for (const SimDataOp& op : ops_) op.ApplyTo(&current_);
}

void SimContent::Adopt(SimImage image) {
  ops_.clear();
  lost_ = false;
  stable_ = std::move(image);
  current_ = stable_;
}

void SimContent::Overwrite(uint64_t offset, std::span<const std::byte> bytes) {
  stable_.WriteWithin(offset, bytes);
  current_.WriteWithin(offset, bytes);
}

void SimContent::BoundStores() {
  size_t folded = 0;
  while (folded < kStoresMax / 2 && ops_[folded].kind == SimDataKind::kStore) {
    ops_[folded].ApplyTo(&stable_);
    ++folded;
  }
  ops_.erase(ops_.begin(), ops_.begin() + static_cast<ptrdiff_t>(folded));
}

}  // namespace treering::io
