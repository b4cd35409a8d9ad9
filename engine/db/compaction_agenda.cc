#include "engine/db/compaction_agenda.h"

#include <algorithm>
#include <utility>

namespace treering::db {

using compaction::CompactionPlan;

namespace {

constexpr uint64_t kDiskFailuresMax = 8;

}  // namespace

ManualCompaction::ManualCompaction(const Slice* from, const Slice* to, key::Sequence newest_seen)
    : newest(newest_seen) {
  if (from != nullptr) begin = from->ToString();
  if (to != nullptr) end = to->ToString();
}

void CompactionAgenda::Ask(ManualCompaction* manual) {
  manual->id = ++manuals_asked_;
  manuals_.push_back(manual);
}

bool CompactionAgenda::IsDue(const manifest::Version& version) const {
  if (manuals_.empty()) return PickAutomatic(version).has_value();
  // One that waits for running work is picked when that ends: a job for it now would only wake
  // its caller, who would ask again.
  const compaction::ManualPick pick = LookFor(version, *manuals_.front());
  return pick.plan.has_value() || !pick.must_wait;
}

std::optional<CompactionAgenda::Begun> CompactionAgenda::Begin(const manifest::Version& version) {
  std::optional<Begun> begun = Pick(version);
  if (!begun.has_value()) return begun;
  CompactionPlan& plan = begun->plan;
  running_.push_back(compaction::RunningOf(plan));
  if (plan.reason != compaction::Reason::kManual) {
    std::swap(pointers_.after[plan.input_level], plan.pointer_after);
  }
  return begun;
}

std::optional<CompactionAgenda::Begun> CompactionAgenda::Pick(const manifest::Version& version) {
  // Level 0 would pile up under a long request: they take turns.
  if (std::exchange(level0_turn_, false)) {
    auto plan = PickAutomatic(version);
    if (plan.has_value() && plan->input_level == 0) return Begun{*std::move(plan)};
  }
  while (!manuals_.empty()) {
    ManualCompaction* const front = manuals_.front();
    compaction::ManualPick pick = LookFor(version, *front);
    if (pick.plan.has_value()) {
      level0_turn_ = true;
      return Begun{*std::move(pick.plan), front->id};
    }
    if (pick.must_wait) return std::nullopt;  // for running work, whose end picks again
    front->done = true;
    Withdraw(front);
  }
  auto plan = PickAutomatic(version);
  if (!plan.has_value()) return std::nullopt;
  return Begun{*std::move(plan)};
}

std::optional<CompactionPlan> CompactionAgenda::PickAutomatic(
    const manifest::Version& version) const {
  if (options_->user.disable_auto_compactions || !error_.ok()) return std::nullopt;
  return compaction::PickCompaction(version, options_->ForPicker(), pointers_, running_);
}

compaction::ManualPick CompactionAgenda::LookFor(const manifest::Version& version,
                                                 const ManualCompaction& manual) const {
  const Slice begin = manual.begin.has_value() ? Slice(*manual.begin) : Slice();
  const Slice end = manual.end.has_value() ? Slice(*manual.end) : Slice();
  return compaction::PickManual(version, options_->ForPicker(), running_,
                                manual.begin.has_value() ? &begin : nullptr,
                                manual.end.has_value() ? &end : nullptr, manual.newest);
}

bool CompactionAgenda::Settle(const Begun& begun, const Status& status) {
  const uint64_t first = begun.plan.inputs.front()->meta.number;
  std::erase_if(running_, [&](const compaction::RunningCompaction& r) {
    return std::find(r.tables.begin(), r.tables.end(), first) != r.tables.end();
  });
  if (status.ok()) disk_failures_ = 0;
  if (status.ok() || status.IsAborted()) return false;
  Fail(begun.manual_id, status);
  // A disk that fails the same work again and again would have it rewrite its outputs for ever.
  const bool gives_up = status.IsIoError() && ++disk_failures_ >= kDiskFailuresMax;
  if (!gives_up && (status.IsNoSpace() || status.IsOutOfMemory() || status.IsIoError()))
    return true;
  if (error_.ok()) error_ = status;
  return false;
}

// The request that it was for learns of it; its caller may have left.
void CompactionAgenda::Fail(uint64_t manual_id, const Status& status) {
  const auto manual = std::find_if(manuals_.begin(), manuals_.end(),
                                   [&](const auto* m) { return m->id == manual_id; });
  if (manual == manuals_.end()) return;
  (*manual)->status = status;
  (*manual)->done = true;
  manuals_.erase(manual);
}

}  // namespace treering::db
