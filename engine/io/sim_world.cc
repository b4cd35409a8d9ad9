#include "engine/io/sim_world.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/sim_scheduler.h"

namespace treering::io {
namespace {

constexpr uint64_t kOperationNanos = 10'000;       // on ordinary threads
constexpr uint64_t kLateNanosMax = 2'000'000'000;  // seen on a slow disk: 1.9 s
constexpr uint64_t kLateNanosUsual = 5'000'000;
constexpr uint64_t kWordBytes = 8;  // a mapped store tears between these

uint64_t NextDevice() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

SimWorld::SimWorld(SimStorageOptions options)
    : device_(NextDevice()),
      core_(options, [this] { requests_.Abandon(); }),
      names_(&core_),
      requests_(&core_) {}

void SimWorld::Tick() {
  if (base::SimScheduler::Current() != nullptr) return;
  core_.Elapse(kOperationNanos);
  requests_.LandDue();
}

void SimWorld::Attach() {
  base::SimScheduler* const scheduler = base::SimScheduler::Current();
  if (scheduler == nullptr) return;
  for (const SimLateOp& late : requests_.late()) {
    scheduler->At(scheduler->NowNanos() + late.delay_nanos,
                  [weak = weak_from_this(), number = late.number] {
                    const std::shared_ptr<SimWorld> world = weak.lock();
                    if (world == nullptr) return;
                    SimGuard guard(&world->core_);
                    world->requests_.LandLateNumber(number);
                  });
  }
}

std::vector<uint64_t> SimWorld::VolatileSequences() const {
  std::vector<uint64_t> sequences;
  names_.ForEachNode([&](const std::shared_ptr<SimNode>& node) {
    for (const SimDataOp& op : node->content.volatile_ops()) {
      if (op.kind != SimDataKind::kStore) sequences.push_back(op.sequence);
    }
    for (const SimNameOp& op : node->entries.volatile_ops()) sequences.push_back(op.sequence);
  });
  std::sort(sequences.begin(), sequences.end());
  return sequences;
}

void SimWorld::Restart(CrashKind kind, const PowerLoss& power, uint64_t seed) {
  core_.Crash();
  base::Prng prng(seed);
  names_.ForEachNode([](const std::shared_ptr<SimNode>& node) {
    node->lock.descriptor = 0;
    node->opens = 0;
    node->mappings.clear();
  });
  LandTornStore(&prng);
  if (kind == CrashKind::kProcessDeath) {
    Die(&prng);
  } else {
    LosePower(power, &prng);
  }
  core_.Trace(kind == CrashKind::kProcessDeath ? "restart after process death"
                                               : "restart after power loss");
  core_.Revive();
}

// Each word of the store that the crash cut is there or is not.
void SimWorld::LandTornStore(base::Prng* prng) {
  const SimTornStore& torn = names_.torn_store();
  if (torn.node == nullptr) return;
  std::vector<std::byte> mixed = torn.before;
  bool stored = false;
  for (uint64_t i = 0; i < mixed.size(); ++i) {
    if (i == 0 || (torn.offset + i) % kWordBytes == 0) stored = prng->OneIn(2);
    if (stored) mixed[i] = torn.after[i];
  }
  LandOn(&core_, torn.node.get(),
         {.kind = SimDataKind::kStore,
          .offset = torn.offset,
          .bytes = std::make_shared<const std::vector<std::byte>>(std::move(mixed)),
          .completed_at = core_.NextCompletion()});
  names_.ForgetTornStore();
}

void SimWorld::Die(base::Prng* prng) {
  names_.ForEachNode([&](const std::shared_ptr<SimNode>& node) {
    // What is in the kernel completes though nobody asks for it any more.
    node->content.CompleteAll(core_.NextCompletion());
    if (prng->OneIn(2)) node->content.Reread();
    core_.NoteContent(*node);
  });
  std::vector<SimLateOp> abandoned = requests_.TakeAbandoned();
  while (!abandoned.empty()) {
    // In any order.
    std::swap(abandoned[prng->Uniform(abandoned.size())], abandoned.back());
    SimLateOp late = std::move(abandoned.back());
    abandoned.pop_back();
    const uint64_t fate = prng->Uniform(4);
    if (fate == 0) continue;  // cancelled
    if (fate == 1) {
      late.delay_nanos = prng->Uniform(prng->OneIn(4) ? kLateNanosMax : kLateNanosUsual);
      requests_.AddLate(std::move(late));
    } else {
      late.locked = false;
      requests_.LandLate(std::move(late));
    }
  }
}

void SimWorld::LosePower(const PowerLoss& power, base::Prng* prng) {
  std::vector<SimLateOp> abandoned = requests_.TakeAbandoned();
  for (const SimLateOp& late : requests_.late()) abandoned.push_back(late);
  requests_.ForgetLate();
  for (SimLateOp& late : abandoned) LandOn(&core_, late.node.get(), std::move(late.op));
  SimPowerLoss loss(power, prng->Next(), VolatileSequences());
  names_.ForEachNode([&](const std::shared_ptr<SimNode>& node) {
    node->lock = {};
    node->late_error = 0;
    node->content.Adopt(loss.ContentAfter(node->content));
    core_.NoteContent(*node);
  });
  std::vector<std::pair<std::shared_ptr<SimNode>, SimNames>> outcomes;
  names_.ForEachNode([&](const std::shared_ptr<SimNode>& node) {
    if (node->directory) outcomes.emplace_back(node, loss.NamesAfter(node->entries));
  });
  for (auto& [node, names] : outcomes) {
    node->entries.Adopt(std::move(names));
    core_.NoteNames(*node);
  }
  names_.RecountLinks();
}

std::shared_ptr<SimWorld> SimWorld::Clone() const {
  TREERING_CHECK(core_.crashed() || requests_.idle());
  auto copy = std::make_shared<SimWorld>(core_.options());
  copy->core_.CopyCounters(core_);
  const std::map<uint64_t, std::shared_ptr<SimNode>> nodes = copy->names_.CopyFrom(names_);
  const auto moved = [&nodes](const std::vector<SimLateOp>& from) {
    std::vector<SimLateOp> to;
    for (SimLateOp late : from) {
      const auto node = nodes.find(late.node->number);
      if (node == nodes.end()) continue;  // a file without a name, out of reach for good
      late.node = node->second;
      to.push_back(std::move(late));
    }
    return to;
  };
  copy->requests_.Adopt(moved(requests_.abandoned()), moved(requests_.late()));
  return copy;
}

}  // namespace treering::io
