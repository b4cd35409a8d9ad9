// SimDurability: the log of when which name and which content was on the simulated medium.
//
// Owner: the SimCore.
// Threads: as SimStorage.
// Invariants:
//   1. Entries of one name, or one node, are in the order of their I/O index; the last one at or
//      below an index tells the state as of it.
#ifndef TREERING_ENGINE_IO_SIM_DURABILITY_H_
#define TREERING_ENGINE_IO_SIM_DURABILITY_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/io/sim_node.h"

namespace treering::io {

class SimDurability {
 public:
  void NoteContent(uint64_t io_index, const SimNode& node);
  void NoteNames(uint64_t io_index, const SimNode& directory);
  // Follows `components` from the directory numbered `root`.
  bool DurableAt(uint64_t io_index, uint64_t root,
                 const std::vector<std::string>& components) const;

 private:
  struct Event {
    uint64_t io_index;
    uint64_t value;  // of a name: the node's number, 0 for none; of content: whether it was clean
  };
  using Events = std::vector<Event>;

  static void Note(uint64_t io_index, uint64_t value, Events* events);
  static uint64_t ValueAt(uint64_t io_index, const Events& events);

  std::map<uint64_t, std::map<std::string, Events>> names_;  // by directory
  std::map<uint64_t, Events> contents_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_DURABILITY_H_
