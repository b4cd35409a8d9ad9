#include "tests/sim/fault_mix.h"

#include <cerrno>

#include "engine/base/thread.h"

namespace treering::testing {
namespace {

using io::Action;
using io::SimFaultEffect;

constexpr uint64_t kMillisecond = 1'000'000;

io::SimFault Error(Action action, const char* name, int error = EIO) {
  io::SimFault fault;
  fault.action = action;
  fault.name = name;
  fault.error = error;
  return fault;
}

io::SimFault Odd(Action action, const char* name, SimFaultEffect effect) {
  io::SimFault fault;
  fault.action = action;
  fault.name = name;
  fault.effect = effect;
  return fault;
}

const std::vector<FaultClass>& AllClasses() {
  static const std::vector<FaultClass> classes = {
      {"short read", FaultHarm::kNone, Odd(Action::kRead, "*", SimFaultEffect::kShort)},
      {"short write", FaultHarm::kNone, Odd(Action::kWrite, "*", SimFaultEffect::kShort)},
      {"interrupted read", FaultHarm::kNone, Error(Action::kRead, "*", EINTR)},
      {"write to be tried again", FaultHarm::kNone, Error(Action::kWrite, "*", EAGAIN)},
      {"table read error", FaultHarm::kRead, Error(Action::kRead, "*.sst")},
      {"table read with a wrong bit", FaultHarm::kRead,
       Odd(Action::kRead, "*.sst", SimFaultEffect::kFlipBit)},
      {"table read from another place", FaultHarm::kRead,
       Odd(Action::kRead, "*.sst", SimFaultEffect::kMisdirected)},
      {"table open error", FaultHarm::kRead, Error(Action::kOpen, "*.sst")},
      {"table create error", FaultHarm::kWork, Error(Action::kCreate, "*.sst")},
      {"table write error", FaultHarm::kWork, Error(Action::kWrite, "*.sst")},
      {"no room for a table", FaultHarm::kWork, Error(Action::kWrite, "*.sst", ENOSPC)},
      {"table allocation refused", FaultHarm::kWork, Error(Action::kAllocate, "*.sst", ENOSPC)},
      {"table sync loses data", FaultHarm::kWork,
       Odd(Action::kSync, "*.sst", SimFaultEffect::kSyncLosesData)},
      {"table sync keeps data", FaultHarm::kWork,
       Odd(Action::kSync, "*.sst", SimFaultEffect::kSyncKeepsData)},
      {"table unlink error", FaultHarm::kWork, Error(Action::kUnlink, "*.sst")},
      {"segment create error", FaultHarm::kReadOnly, Error(Action::kCreate, "*.wal")},
      {"no room for a segment", FaultHarm::kWork, Error(Action::kAllocate, "*.wal", ENOSPC)},
      {"segment unlink error", FaultHarm::kWork, Error(Action::kUnlink, "*.wal")},
      {"directory sync error", FaultHarm::kReadOnly, Error(Action::kSyncDirectory, "*")},
      {"log write error", FaultHarm::kReadOnly, Error(Action::kWrite, "*.wal")},
      {"log sync loses data", FaultHarm::kReadOnly,
       Odd(Action::kSync, "*.wal", SimFaultEffect::kSyncLosesData)},
      {"log sync keeps data", FaultHarm::kReadOnly,
       Odd(Action::kSync, "*.wal", SimFaultEffect::kSyncKeepsData)},
      {"log sync fails and is durable", FaultHarm::kReadOnly,
       Odd(Action::kSync, "*.wal", SimFaultEffect::kSyncIsDurable)},
      {"manifest write error", FaultHarm::kReadOnly, Error(Action::kWrite, "MANIFEST*")},
      {"no room for the manifest", FaultHarm::kReadOnly,
       Error(Action::kWrite, "MANIFEST*", ENOSPC)},
      {"manifest sync loses data", FaultHarm::kReadOnly,
       Odd(Action::kSync, "MANIFEST*", SimFaultEffect::kSyncLosesData)},
      {"manifest sync fails and is durable", FaultHarm::kReadOnly,
       Odd(Action::kSync, "MANIFEST*", SimFaultEffect::kSyncIsDurable)},
      {"CURRENT write error", FaultHarm::kReadOnly, Error(Action::kWrite, "CURRENT")},
      {"CURRENT sync loses data", FaultHarm::kReadOnly,
       Odd(Action::kSync, "CURRENT", SimFaultEffect::kSyncLosesData)},
      {"log read error", FaultHarm::kOpening, Error(Action::kRead, "*.wal")},
      {"manifest read error", FaultHarm::kOpening, Error(Action::kRead, "MANIFEST*")},
      {"CURRENT read error", FaultHarm::kOpening, Error(Action::kRead, "CURRENT")},
      {"segment open error", FaultHarm::kOpening, Error(Action::kOpen, "*.wal")},
      {"manifest open error", FaultHarm::kOpening, Error(Action::kOpen, "MANIFEST*", EMFILE)},
      {"CURRENT open error", FaultHarm::kOpening, Error(Action::kOpen, "CURRENT", EACCES)},
      {"tail map error", FaultHarm::kOpening, Error(Action::kMap, "*", ENOMEM)},
      {"list error", FaultHarm::kOpening, Error(Action::kList, "*")},
      {"stat error", FaultHarm::kOpening, Error(Action::kStat, "*")},
      {"lock error", FaultHarm::kOpening, Error(Action::kLock, "*", ENOLCK)},
      {"table write that never happens", FaultHarm::kUncovered,
       Odd(Action::kWrite, "*.sst", SimFaultEffect::kPhantom)},
      {"table write to another place", FaultHarm::kUncovered,
       Odd(Action::kWrite, "*.sst", SimFaultEffect::kMisdirected)},
      {"log write that never happens", FaultHarm::kUncovered,
       Odd(Action::kWrite, "*.wal", SimFaultEffect::kPhantom)},
      {"log write to another place", FaultHarm::kUncovered,
       Odd(Action::kWrite, "*.wal", SimFaultEffect::kMisdirected)},
      {"manifest write that never happens", FaultHarm::kUncovered,
       Odd(Action::kWrite, "MANIFEST*", SimFaultEffect::kPhantom)},
      {"log sync that lies", FaultHarm::kUncovered,
       Odd(Action::kSync, "*.wal", SimFaultEffect::kSyncReportsLate)},
      {"table sync that lies", FaultHarm::kUncovered,
       Odd(Action::kSync, "*.sst", SimFaultEffect::kSyncReportsLate)},
  };
  return classes;
}

std::string ProbeOf(const FaultClass& fault_class) {
  return std::string("fault: ") + fault_class.name;
}

}  // namespace

std::span<const FaultClass> FaultClasses() { return AllClasses(); }

FaultMix::FaultMix(io::SimStorage* storage, uint64_t seed, bool uncovered, Probes* probes)
    : storage_(storage), prng_(seed ^ 0xfa17), probes_(probes) {
  std::vector<const FaultClass*> of_uncovered;
  for (const FaultClass& fault_class : AllClasses()) {
    probes_->Expect(ProbeOf(fault_class));
    if (fault_class.harm == FaultHarm::kUncovered) {
      of_uncovered.push_back(&fault_class);
    } else if (fault_class.harm == FaultHarm::kOpening) {
      of_opening_.push_back(&fault_class);
    } else if (prng_.OneIn(2)) {
      of_seed_.push_back(&fault_class);
    }
  }
  probes_->Expect("fault: full disk");
  if (uncovered) of_seed_ = {of_uncovered[prng_.Uniform(of_uncovered.size())]};
}

void FaultMix::BeginLife() {
  on_.clear();
  full_disk_ = false;
  if (prng_.OneIn(4)) return;  // a quiet life
  const bool may_end_writing = prng_.OneIn(3);
  for (const FaultClass* const fault_class : of_seed_) {
    if (fault_class->harm == FaultHarm::kReadOnly && !may_end_writing) continue;
    if (fault_class->harm == FaultHarm::kUncovered || prng_.OneIn(3)) on_.push_back(fault_class);
  }
  full_disk_ = prng_.OneIn(6) && !Strikes(FaultHarm::kUncovered);
}

bool FaultMix::Strikes(FaultHarm harm) const {
  for (const FaultClass* const fault_class : on_) {
    if (fault_class->harm == harm) return true;
  }
  return harm == FaultHarm::kWork && full_disk_;
}

std::string FaultMix::ToString() const {
  std::string text = full_disk_ ? "full disk" : "";
  for (const FaultClass* const fault_class : on_) {
    text += (text.empty() ? "" : ", ") + std::string(fault_class->name);
  }
  return text.empty() ? "no faults" : text;
}

void FaultMix::AddForOpening() {
  if (on_.empty() || prng_.OneIn(2)) return Add(of_opening_[prng_.Uniform(of_opening_.size())]);
  AddOne();
}

void FaultMix::AddOne() {
  if (!on_.empty()) Add(on_[prng_.Uniform(on_.size())]);
}

void FaultMix::Add(const FaultClass* fault_class) {
  io::SimFault fault = fault_class->fault;
  fault.nth = 1 + prng_.Uniform(prng_.OneIn(2) ? 3 : 20);
  // What is to be noticed by nobody passes by itself.
  fault.sticky = fault_class->harm != FaultHarm::kNone && prng_.OneIn(4);
  active_.push_back({fault_class, storage_->faults()->Add(fault)});
}

void FaultMix::Run(const std::function<bool()>& done) {
  while (!done()) {
    base::SleepNanos(1 + prng_.Uniform(3 * kMillisecond));
    if (done()) return;
    AddOne();
    if (active_.size() > 3) {
      Remove(active_.front());
      active_.erase(active_.begin());
    }
    if (full_disk_ && prng_.OneIn(4)) {
      probes_->Hit("fault: full disk");
      storage_->SetQuota(storage_->used_bytes() + prng_.Uniform(64 << 10));
      base::SleepNanos(1 + prng_.Uniform(20 * kMillisecond));
      storage_->SetQuota(UINT64_MAX);
    }
  }
}

void FaultMix::Remove(const Active& active) {
  const uint64_t hits = storage_->faults()->Hits(active.number);
  probes_->Hit(ProbeOf(*active.fault_class), hits);
  uncovered_struck_ |= hits > 0 && active.fault_class->harm == FaultHarm::kUncovered;
  took_unsynced_ |= hits > 0 && active.fault_class->harm == FaultHarm::kReadOnly &&
                    active.fault_class->fault.effect == SimFaultEffect::kSyncLosesData;
  storage_->faults()->Remove(active.number);
}

void FaultMix::Clear() {
  for (const Active& active : active_) Remove(active);
  active_.clear();
  storage_->faults()->Clear();
  storage_->SetQuota(UINT64_MAX);
}

}  // namespace treering::testing
