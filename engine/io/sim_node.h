// SimNode: one simulated file or directory, under however many names.
//
// Owner: shared by the names that lead to it, open handles and requests in flight.
// Threads: as SimStorage.
// Invariants:
//   1. A directory's current names are its stable ones with every volatile operation applied in
//      order.
//   2. A rename is one operation: after power loss it happened or it did not.
#ifndef TREERING_ENGINE_IO_SIM_NODE_H_
#define TREERING_ENGINE_IO_SIM_NODE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/sim_content.h"

namespace treering::io {

struct SimNode;
using SimNames = std::map<std::string, std::shared_ptr<SimNode>>;

enum class SimNameKind : uint8_t { kSet, kRemove, kRename };

struct SimNameOp {
  SimNameKind kind = SimNameKind::kSet;
  std::string name = {};
  std::string from = {};               // kRename: the old name
  std::shared_ptr<SimNode> node = {};  // kSet, kRename
  uint64_t sequence = 0;               // shared with the data operations'

  void ApplyTo(SimNames* names) const;
};

class SimEntries {
 public:
  const SimNames& current() const { return current_; }
  const SimNames& stable() const { return stable_; }
  const std::vector<SimNameOp>& volatile_ops() const { return ops_; }

  void Do(SimNameOp op);
  // Makes the operations up to `sequence` durable.
  void Sync(uint64_t sequence);
  // Forgets them without making them durable, as a failed sync may; readers see them still.
  void Lose(uint64_t sequence);
  // All is durable, with these names.
  void Adopt(SimNames names);
  // For copies: the same state over other nodes.
  void CopyFrom(const SimEntries& other, const std::map<uint64_t, std::shared_ptr<SimNode>>& nodes);

 private:
  SimNames stable_;
  SimNames current_;
  std::vector<SimNameOp> ops_;
};

struct SimLock {
  uint64_t descriptor = 0;  // that holds it; 0: nobody
  int late_requests = 0;    // of a dead process, on descriptors that held it
  uint64_t held_until = 0;  // by a dead process, in virtual time

  bool HeldAt(uint64_t now) const {
    return descriptor != 0 || late_requests != 0 || now < held_until;
  }
};

struct SimNode {
  uint64_t number = 0;  // the inode's; never used twice in a storage
  bool directory = false;
  int links = 0;       // current names
  int opens = 0;       // handles of the living generation
  int late_error = 0;  // what the next sync answers for the one before
  SimContent content;
  SimEntries entries;
  SimLock lock;
  // The memory of those who map the file, each from its beginning.
  std::vector<std::weak_ptr<std::vector<std::byte>>> mappings;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_NODE_H_
