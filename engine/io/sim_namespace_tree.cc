// SimNamespace as a tree: what restarts, tests and copies do with all of it.
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "engine/base/check.h"
#include "engine/io/sim_namespace.h"

namespace treering::io {

std::shared_ptr<SimNode> SimNamespace::Provide(const std::string& path, bool directory) {
  std::shared_ptr<SimNode> node = root_;
  const std::vector<std::string> components = SimComponents(path);
  for (size_t i = 0; i < components.size(); ++i) {
    TREERING_CHECK(node->directory);
    std::shared_ptr<SimNode> child = Child(*node, components[i]);
    if (child == nullptr) {
      child = core_->NewNode(directory || i + 1 < components.size());
      child->links = 1;
      Do(node.get(), {.kind = SimNameKind::kSet, .name = components[i], .node = child});
      node->entries.Sync(core_->last_sequence());
      core_->NoteNames(*node);
    }
    node = std::move(child);
  }
  return node;
}

void SimNamespace::RemoveAtOnce(const std::string& path) {
  const std::vector<std::string> components = SimComponents(path);
  const std::shared_ptr<SimNode> node = Find(path);
  TREERING_CHECK(node != nullptr && !components.empty());
  const std::shared_ptr<SimNode> parent = Find(path.substr(0, path.rfind(components.back())));
  Do(parent.get(), {.kind = SimNameKind::kRemove, .name = components.back()});
  parent->entries.Sync(core_->last_sequence());
  --node->links;
  core_->NoteNames(*parent);
}

void SimNamespace::ForEachNode(
    const std::function<void(const std::shared_ptr<SimNode>&)>& visit) const {
  std::map<uint64_t, std::shared_ptr<SimNode>> seen;
  std::vector<std::shared_ptr<SimNode>> waiting;
  const auto reach = [&](const std::shared_ptr<SimNode>& node) {
    if (node != nullptr && seen.emplace(node->number, node).second) waiting.push_back(node);
  };
  reach(root_);
  while (!waiting.empty()) {
    const std::shared_ptr<SimNode> node = std::move(waiting.back());
    waiting.pop_back();
    for (const auto& [name, child] : node->entries.current()) reach(child);
    for (const auto& [name, child] : node->entries.stable()) reach(child);
    for (const SimNameOp& op : node->entries.volatile_ops()) reach(op.node);
  }
  for (const auto& [number, node] : seen) visit(node);
}

void SimNamespace::ForEachFile(
    const std::function<void(const std::string&, const std::shared_ptr<SimNode>&)>& visit) const {
  std::vector<std::pair<std::string, std::shared_ptr<SimNode>>> waiting{{"", root_}};
  while (!waiting.empty()) {
    const auto [path, node] = std::move(waiting.back());
    waiting.pop_back();
    if (!node->directory) {
      visit(path, node);
      continue;
    }
    const SimNames& names = node->entries.current();
    // Pushed last to first, so that they come off the stack in order.
    for (auto it = names.rbegin(); it != names.rend(); ++it) {
      waiting.emplace_back(path + "/" + it->first, it->second);
    }
  }
}

void SimNamespace::RecountLinks() {
  ForEachNode([](const std::shared_ptr<SimNode>& node) { node->links = 0; });
  root_->links = 1;
  ForEachNode([](const std::shared_ptr<SimNode>& node) {
    for (const auto& [name, child] : node->entries.current()) ++child->links;
  });
}

std::map<uint64_t, std::shared_ptr<SimNode>> SimNamespace::CopyFrom(const SimNamespace& other) {
  std::map<uint64_t, std::shared_ptr<SimNode>> copies;
  other.ForEachNode([&](const std::shared_ptr<SimNode>& node) {
    auto copy = std::make_shared<SimNode>();
    copy->number = node->number;
    copy->directory = node->directory;
    copy->links = node->links;
    copy->late_error = node->late_error;
    copy->content = node->content;
    copy->lock = node->lock;
    core_->AdoptNode(copy);
    copies.emplace(copy->number, std::move(copy));
  });
  other.ForEachNode([&](const std::shared_ptr<SimNode>& node) {
    copies.at(node->number)->entries.CopyFrom(node->entries, copies);
  });
  root_ = copies.at(other.root_->number);
  torn_store_ = other.torn_store_;
  if (torn_store_.node != nullptr) {
    const auto node = copies.find(torn_store_.node->number);
    torn_store_.node = node == copies.end() ? nullptr : node->second;
  }
  return copies;
}

}  // namespace treering::io
