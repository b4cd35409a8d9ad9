// SimCore: what all parts of a simulated storage share: time, chance, the counts of operations, the
// crash point, the quota, the trace.
//
// Owner: the SimWorld.
// Threads: as SimStorage: under a SimGuard.
// Invariants:
//   1. A counted operation changes the world only between EnterIo and LeaveIo, both of which said
//      that no crash came.
//   2. A generation ends with a crash; nothing of an ended generation changes the world.
#ifndef TREERING_ENGINE_IO_SIM_CORE_H_
#define TREERING_ENGINE_IO_SIM_CORE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/prng.h"
#include "engine/base/sim_inside.h"
#include "engine/base/thread.h"
#include "engine/io/sim_durability.h"
#include "engine/io/sim_faults.h"
#include "engine/io/sim_node.h"
#include "engine/io/sim_policy.h"

namespace treering::io {

// Larger files are refused with EFBIG, so that a wild offset costs no memory.
inline constexpr uint64_t kSimFileBytesMax = 1ull << 32;

class SimCore {
 public:
  SimCore(SimStorageOptions options, std::function<void()> on_crash);

  // --- Time and chance ---
  uint64_t Now() const;  // virtual; on ordinary threads the sum of what operations took
  void Elapse(uint64_t nanos) { ordinary_nanos_ += nanos; }  // on ordinary threads
  uint64_t ordinary_nanos() const { return ordinary_nanos_; }
  uint64_t Random();
  uint64_t NextSequence() { return ++sequence_; }
  uint64_t last_sequence() const { return sequence_; }
  uint64_t NextCompletion() { return ++completion_; }
  uint64_t last_completion() const { return completion_; }
  uint64_t NextDescriptor() { return ++descriptor_; }

  // --- Crashes ---
  bool Alive(uint64_t generation) const { return !crashed_ && generation == generation_; }
  uint64_t generation() const { return generation_; }
  bool crashed() const { return crashed_; }
  void CrashAt(uint64_t io_index, CrashSide side);
  void CrashAtStore(uint64_t store_index) { crash_at_store_ = store_index; }
  void Crash();
  // The next generation begins.
  void Revive();
  bool EnterIo();     // false: the crash came before the operation
  bool LeaveIo();     // false: it came after
  bool EnterStore();  // false: it comes within
  uint64_t io_count() const { return io_count_; }
  uint64_t store_count() const { return store_count_; }

  // --- Nodes and space ---
  std::shared_ptr<SimNode> NewNode(bool directory);
  // Whether a file may go from one size to another.
  bool HasRoom(uint64_t old_size, uint64_t new_size) const;
  uint64_t UsedBytes() const;
  uint64_t FreeBytes() const;
  void set_quota(uint64_t bytes) { quota_ = bytes; }
  // Call after every change of a file's volatile operations, or of a directory's stable names.
  void NoteContent(const SimNode& node);
  void NoteNames(const SimNode& directory);

  // --- Faults and trace ---
  SimFaultPlan& faults() { return faults_; }
  SimDurability& durability() { return durability_; }
  const SimDurability& durability() const { return durability_; }
  void Trace(std::string_view line);
  uint64_t trace_hash() const { return trace_hash_; }
  const std::string& trace_text() const { return trace_text_; }

  // For copies: everything but nodes, faults and crash points.
  void CopyCounters(const SimCore& other);
  void AdoptNode(const std::shared_ptr<SimNode>& node) { nodes_[node->number] = node; }

  base::Mutex& mutex() { return mutex_; }
  const SimStorageOptions& options() const { return options_; }

 private:
  static constexpr uint64_t kNever = UINT64_MAX;

  SimStorageOptions options_;
  const std::function<void()> on_crash_;
  base::Mutex mutex_;
  base::Prng prng_;
  uint64_t ordinary_nanos_ = 0;
  uint64_t sequence_ = 0;
  uint64_t completion_ = 0;
  uint64_t descriptor_ = 0;
  uint64_t node_number_ = 0;
  uint64_t generation_ = 1;
  uint64_t io_count_ = 0;
  uint64_t store_count_ = 0;
  bool crashed_ = false;
  uint64_t crash_at_ = kNever;
  CrashSide crash_side_ = CrashSide::kBefore;
  uint64_t crash_at_store_ = kNever;
  uint64_t quota_ = UINT64_MAX;
  std::map<uint64_t, std::weak_ptr<SimNode>> nodes_;
  SimFaultPlan faults_;
  SimDurability durability_;
  uint64_t trace_hash_ = 0;
  std::string trace_text_;
};

// Keeps ordinary threads apart. Simulated threads hold the baton and need no lock; they must not
// reach a point where the seed picks another thread while they hold one.
class SimGuard {
 public:
  explicit SimGuard(SimCore* core);
  ~SimGuard();
  SimGuard(const SimGuard&) = delete;
  SimGuard& operator=(const SimGuard&) = delete;

 private:
  const base::SimInside inside_;
  base::Mutex* const mutex_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_CORE_H_
