#include "engine/io/sim_core.h"

#include <algorithm>
#include <utility>

#include "engine/base/checksum.h"
#include "engine/base/sim_scheduler.h"

namespace treering::io {
namespace {

// What FreeBytes answers without a quota.
constexpr uint64_t kFreeBytesUnbounded = 1ull << 40;

uint64_t WholePages(uint64_t bytes) {
  return bytes / kPageBytes * kPageBytes + (bytes % kPageBytes == 0 ? 0 : kPageBytes);
}

}  // namespace

SimCore::SimCore(SimStorageOptions options, std::function<void()> on_crash)
    : options_(options), on_crash_(std::move(on_crash)), prng_(options.seed) {}

uint64_t SimCore::Now() const {
  const base::SimScheduler* scheduler = base::SimScheduler::Current();
  return scheduler != nullptr ? scheduler->NowNanos() : ordinary_nanos_;
}

uint64_t SimCore::Random() {
  base::SimScheduler* scheduler = base::SimScheduler::Current();
  return scheduler != nullptr ? scheduler->Random() : prng_.Next();
}

void SimCore::CrashAt(uint64_t io_index, CrashSide side) {
  crash_at_ = io_index;
  crash_side_ = side;
}

void SimCore::Crash() {
  if (crashed_) return;
  crashed_ = true;
  crash_at_ = kNever;
  crash_at_store_ = kNever;
  Trace("crash");
  on_crash_();
}

void SimCore::Revive() {
  crashed_ = false;
  ++generation_;
}

bool SimCore::EnterIo() {
  if (crash_at_ == io_count_ && crash_side_ == CrashSide::kBefore) Crash();
  if (crashed_) return false;
  ++io_count_;
  return true;
}

bool SimCore::LeaveIo() {
  if (crash_at_ == io_count_ - 1) Crash();
  return !crashed_;
}

bool SimCore::EnterStore() {
  if (crash_at_store_ == store_count_) Crash();
  if (crashed_) return false;
  ++store_count_;
  return true;
}

std::shared_ptr<SimNode> SimCore::NewNode(bool directory) {
  auto node = std::make_shared<SimNode>();
  node->number = ++node_number_;
  node->directory = directory;
  std::erase_if(nodes_, [](const auto& entry) { return entry.second.expired(); });
  nodes_[node->number] = node;
  NoteContent(*node);
  return node;
}

bool SimCore::HasRoom(uint64_t old_size, uint64_t new_size) const {
  if (quota_ == UINT64_MAX || new_size <= old_size) return true;
  return WholePages(new_size) - WholePages(old_size) <= FreeBytes();
}

uint64_t SimCore::UsedBytes() const {
  uint64_t used = 0;
  for (const auto& [number, weak] : nodes_) {
    const std::shared_ptr<SimNode> node = weak.lock();
    if (node == nullptr || (node->links == 0 && node->opens == 0)) continue;
    used += WholePages(node->content.current().size());
  }
  return used;
}

uint64_t SimCore::FreeBytes() const {
  if (quota_ == UINT64_MAX) return kFreeBytesUnbounded;
  return quota_ - std::min(quota_, UsedBytes());
}

void SimCore::NoteContent(const SimNode& node) { durability_.NoteContent(io_count_, node); }

void SimCore::NoteNames(const SimNode& directory) { durability_.NoteNames(io_count_, directory); }

void SimCore::Trace(std::string_view line) {
  trace_hash_ = base::Xxh3(line.data(), line.size(), trace_hash_);
  if (base::SimScheduler* scheduler = base::SimScheduler::Current(); scheduler != nullptr) {
    scheduler->Trace(trace_hash_);
  }
  if (!options_.trace) return;
  trace_text_ += std::to_string(Now());
  trace_text_ += " #";
  trace_text_ += std::to_string(io_count_);
  trace_text_ += ' ';
  trace_text_ += line;
  trace_text_ += '\n';
}

void SimCore::CopyCounters(const SimCore& other) {
  prng_ = other.prng_;
  ordinary_nanos_ = other.ordinary_nanos_;
  sequence_ = other.sequence_;
  completion_ = other.completion_;
  descriptor_ = other.descriptor_;
  node_number_ = other.node_number_;
  generation_ = other.generation_;
  io_count_ = other.io_count_;
  store_count_ = other.store_count_;
  crashed_ = other.crashed_;
  quota_ = other.quota_;
  durability_ = other.durability_;
  trace_hash_ = other.trace_hash_;
  trace_text_ = other.trace_text_;
}

SimGuard::SimGuard(SimCore* core)
    : mutex_(base::SimScheduler::Current() == nullptr ? &core->mutex() : nullptr) {
  if (mutex_ != nullptr) mutex_->Lock();
}

SimGuard::~SimGuard() {
  if (mutex_ != nullptr) mutex_->Unlock();
}

}  // namespace treering::io
