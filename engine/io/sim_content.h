// SimContent: what one simulated file holds: what is on the medium, and what is not there yet.
//
// Owner: its SimNode.
// Threads: as SimStorage.
// Invariants:
//   1. current() is stable() with every volatile operation applied in the order they landed, except
//      after Lose: until Reread the lost ones still show.
//   2. Sync covers operations that had completed by then, and those that landed before one of them
//      on the same bytes.
#ifndef TREERING_ENGINE_IO_SIM_CONTENT_H_
#define TREERING_ENGINE_IO_SIM_CONTENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/io/sim_image.h"

namespace treering::io {

enum class SimDataKind : uint8_t {
  kWrite,
  kStore,  // through a mapping
  kTruncate,
  kAllocate,
};

struct SimDataOp {
  SimDataKind kind = SimDataKind::kWrite;
  uint64_t offset = 0;  // write, store
  uint64_t size = 0;    // truncate, allocate: the new size
  std::shared_ptr<const std::vector<std::byte>> bytes = {};
  uint64_t sequence = 0;      // the order of landing, over the whole storage
  uint64_t completed_at = 0;  // the order of completion; 0: not completed

  void ApplyTo(SimImage* image) const;
};

class SimContent {
 public:
  const SimImage& current() const { return current_; }
  const SimImage& stable() const { return stable_; }
  const std::vector<SimDataOp>& volatile_ops() const { return ops_; }
  bool clean() const { return ops_.empty() && !lost_; }

  void Land(SimDataOp op);
  void Complete(uint64_t sequence, uint64_t completed_at);
  void CompleteAll(uint64_t completed_at);
  // Makes what had completed by `mark` (a completion's number) durable.
  void Sync(uint64_t mark);
  // Forgets what had completed by `mark` without making it durable, as a failed sync may.
  void Lose(uint64_t mark);
  // Readers get what is on the medium and volatile, no longer what was lost.
  void Reread();
  // All is durable, with this content.
  void Adopt(SimImage image);
  // Changes the medium and what readers get, beside all operations.
  void Overwrite(uint64_t offset, std::span<const std::byte> bytes);

 private:
  std::vector<bool> CoveredBy(uint64_t mark) const;
  void BoundStores();

  SimImage stable_;
  SimImage current_;
  std::vector<SimDataOp> ops_;  // in the order of landing
  bool lost_ = false;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_CONTENT_H_
