#include "engine/io/sim_durability.h"

namespace treering::io {

void SimDurability::Note(uint64_t io_index, uint64_t value, Events* events) {
  const uint64_t before = events->empty() ? 0 : events->back().value;
  if (before != value) events->push_back(Event{io_index, value});
}

uint64_t SimDurability::ValueAt(uint64_t io_index, const Events& events) {
  uint64_t value = 0;
  for (const Event& event : events) {
    if (event.io_index > io_index) break;
    value = event.value;
  }
  return value;
}

void SimDurability::NoteContent(uint64_t io_index, const SimNode& node) {
  Note(io_index, node.content.clean() ? 1 : 0, &contents_[node.number]);
}

void SimDurability::NoteNames(uint64_t io_index, const SimNode& directory) {
  std::map<std::string, Events>& names = names_[directory.number];
  const SimNames& stable = directory.entries.stable();
  for (const auto& [name, node] : stable) Note(io_index, node->number, &names[name]);
  for (auto& [name, events] : names) {
    if (!stable.contains(name)) Note(io_index, 0, &events);
  }
}

bool SimDurability::DurableAt(uint64_t io_index, uint64_t root,
                              const std::vector<std::string>& components) const {
  uint64_t node = root;
  for (const std::string& component : components) {
    const auto names = names_.find(node);
    if (names == names_.end()) return false;
    const auto events = names->second.find(component);
    if (events == names->second.end()) return false;
    node = ValueAt(io_index, events->second);
    if (node == 0) return false;
  }
  const auto events = contents_.find(node);
  return events != contents_.end() && ValueAt(io_index, events->second) != 0;
}

}  // namespace treering::io
