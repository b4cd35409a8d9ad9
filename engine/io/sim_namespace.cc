#include "engine/io/sim_namespace.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "engine/base/check.h"
#include "engine/io/errors.h"

namespace treering::io {
namespace {

// What a lock that is refused costs an ordinary thread, whose caller would sleep before the next
// try.
constexpr uint64_t kRefusedLockNanos = 1'000'000;

std::string PathIn(const SimHandle& directory, const std::string& name) {
  return directory.path == "/" ? "/" + name : directory.path + "/" + name;
}

}  // namespace

std::vector<std::string> SimComponents(const std::string& path) {
  std::vector<std::string> components;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    if (end > at) components.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return components;
}

SimNamespace::SimNamespace(SimCore* core) : core_(core), root_(core->NewNode(/*directory=*/true)) {
  root_->links = 1;
}

std::shared_ptr<SimNode> SimNamespace::Child(const SimNode& directory,
                                             const std::string& name) const {
  const auto it = directory.entries.current().find(name);
  return it == directory.entries.current().end() ? nullptr : it->second;
}

std::shared_ptr<SimNode> SimNamespace::Find(const std::string& path) const {
  std::shared_ptr<SimNode> node = root_;
  for (const std::string& component : SimComponents(path)) {
    if (!node->directory) return nullptr;
    node = Child(*node, component);
    if (node == nullptr) return nullptr;
  }
  return node;
}

int SimNamespace::Gate(Action action, const std::string& path, uint64_t generation,
                       const SimFault** fault) {
  if (fault != nullptr) *fault = nullptr;
  if (!core_->Alive(generation)) return ESHUTDOWN;
  const SimFault* const met = core_->faults().Meet(action, SimBaseName(path));
  if (met == nullptr) return 0;
  if (met->effect == SimFaultEffect::kError) {
    TraceName(action, path, met->error);
    return met->error;
  }
  if (fault != nullptr && SimIsSyncEffect(met->effect)) *fault = met;
  return 0;
}

int SimNamespace::Counted(const std::function<void()>& effect) {
  if (!core_->EnterIo()) return ESHUTDOWN;
  effect();
  return core_->LeaveIo() ? 0 : ESHUTDOWN;
}

void SimNamespace::Do(SimNode* directory, SimNameOp op) {
  op.sequence = core_->NextSequence();
  directory->entries.Do(std::move(op));
}

void SimNamespace::TraceName(Action action, const std::string& path, int error) {
  std::string line(ActionName(action));
  line += ' ' + path + " = " + (error == 0 ? "0" : ErrorName(error));
  core_->Trace(line);
}

int SimNamespace::MakeDirectory(const std::string& path, uint64_t generation) {
  if (const int error = Gate(Action::kMakeDirectory, path, generation); error != 0) return error;
  std::vector<std::string> components = SimComponents(path);
  if (components.empty()) return EEXIST;
  const std::string name = components.back();
  const size_t parent_length = path.rfind(name);
  const std::shared_ptr<SimNode> parent = Find(path.substr(0, parent_length));
  if (parent == nullptr) return ENOENT;
  if (!parent->directory) return ENOTDIR;
  if (Child(*parent, name) != nullptr) return EEXIST;
  if (core_->FreeBytes() == 0) return ENOSPC;
  const int error = Counted([&] {
    const std::shared_ptr<SimNode> node = core_->NewNode(/*directory=*/true);
    node->links = 1;
    Do(parent.get(), {.kind = SimNameKind::kSet, .name = name, .node = node});
  });
  TraceName(Action::kMakeDirectory, path, error);
  return error;
}

int SimNamespace::RemoveDirectory(const std::string& path, uint64_t generation) {
  if (const int error = Gate(Action::kUnlink, path, generation); error != 0) return error;
  const std::vector<std::string> components = SimComponents(path);
  if (components.empty()) return EBUSY;
  const std::shared_ptr<SimNode> parent = Find(path.substr(0, path.rfind(components.back())));
  const std::shared_ptr<SimNode> node = parent == nullptr ? nullptr : Find(path);
  if (node == nullptr) return ENOENT;
  if (!node->directory) return ENOTDIR;
  if (!node->entries.current().empty()) return ENOTEMPTY;
  const int error = Counted([&] {
    Do(parent.get(), {.kind = SimNameKind::kRemove, .name = components.back()});
    --node->links;
  });
  TraceName(Action::kUnlink, path, error);
  return error;
}

int SimNamespace::OpenFile(const SimHandle& directory, const std::string& name, OpenFlags flags,
                           SimHandle* handle) {
  const std::string path = PathIn(directory, name);
  const bool create = flags.mode == OpenMode::kCreate;
  const Action action = create ? Action::kCreate : Action::kOpen;
  if (const int error = Gate(action, path, directory.generation); error != 0) return error;
  std::shared_ptr<SimNode> node = Child(*directory.node, name);
  int error = 0;
  if (create) {
    if (node != nullptr) {
      error = EEXIST;
    } else if (directory.node->links == 0) {
      error = ENOENT;
    } else if (core_->FreeBytes() == 0) {
      error = ENOSPC;
    } else {
      error = Counted([&] {
        node = core_->NewNode(/*directory=*/false);
        node->links = 1;
        Do(directory.node.get(), {.kind = SimNameKind::kSet, .name = name, .node = node});
      });
    }
  } else if (node == nullptr) {
    error = ENOENT;
  } else if (node->directory) {
    error = EISDIR;
  } else if (flags.mode == OpenMode::kReadWrite && node->links > 1) {
    error = EMLINK;
  }
  TraceName(action, path, error);
  if (error != 0) return error;
  ++node->opens;
  *handle = SimHandle{.node = std::move(node),
                      .path = path,
                      .generation = directory.generation,
                      .descriptor = core_->NextDescriptor(),
                      .direct = flags.direct};
  return 0;
}

int SimNamespace::Lock(SimHandle* handle) {
  if (const int error = Gate(Action::kLock, handle->path, handle->generation); error != 0) {
    return error;
  }
  SimLock& lock = handle->node->lock;
  const int error = lock.HeldAt(core_->Now()) ? EWOULDBLOCK : 0;
  TraceName(Action::kLock, handle->path, error);
  if (error == 0) {
    lock.descriptor = handle->descriptor;
  } else {
    core_->Elapse(kRefusedLockNanos);
  }
  return error;
}

void SimNamespace::Close(const SimHandle& handle) {
  if (handle.node == nullptr || handle.generation != core_->generation()) return;
  --handle.node->opens;
  SimLock& lock = handle.node->lock;
  if (lock.descriptor == handle.descriptor) lock.descriptor = 0;
}

int SimNamespace::List(const SimHandle& directory, std::vector<std::string>* names) {
  const int error = Gate(Action::kList, directory.path, directory.generation);
  if (error != 0) return error;
  for (const auto& [name, node] : directory.node->entries.current()) names->push_back(name);
  return 0;
}

int SimNamespace::Stat(const SimHandle& directory, const std::string& name, FileInfo* info) {
  const int error = Gate(Action::kStat, PathIn(directory, name), directory.generation);
  if (error != 0) return error;
  const std::shared_ptr<SimNode> node = Child(*directory.node, name);
  if (node == nullptr) return 0;
  info->exists = true;
  info->is_directory = node->directory;
  info->size = node->content.current().size();
  info->device = 1;
  info->inode = node->number;
  return 0;
}

int SimNamespace::Rename(const SimHandle& directory, const std::string& from,
                         const std::string& to) {
  const std::string path = PathIn(directory, from);
  int error = Gate(Action::kRename, path, directory.generation);
  if (error != 0) return error;
  const std::shared_ptr<SimNode> node = Child(*directory.node, from);
  const std::shared_ptr<SimNode> replaced = Child(*directory.node, to);
  if (node == nullptr) return ENOENT;
  if (node == replaced) return 0;  // as rename(2): two names of one file stay
  if (replaced != nullptr && replaced->directory != node->directory) {
    return replaced->directory ? EISDIR : ENOTDIR;
  }
  if (replaced != nullptr && !replaced->entries.current().empty()) return ENOTEMPTY;
  error = Counted([&] {
    Do(directory.node.get(),
       {.kind = SimNameKind::kRename, .name = to, .from = from, .node = node});
    if (replaced != nullptr) --replaced->links;
  });
  TraceName(Action::kRename, path + " to " + to, error);
  return error;
}

int SimNamespace::Unlink(const SimHandle& directory, const std::string& name) {
  const std::string path = PathIn(directory, name);
  int error = Gate(Action::kUnlink, path, directory.generation);
  if (error != 0) return error;
  const std::shared_ptr<SimNode> node = Child(*directory.node, name);
  if (node == nullptr) return ENOENT;
  if (node->directory) return EISDIR;
  error = Counted([&] {
    Do(directory.node.get(), {.kind = SimNameKind::kRemove, .name = name});
    --node->links;
  });
  TraceName(Action::kUnlink, path, error);
  return error;
}

int SimNamespace::Link(const SimHandle& directory, const std::string& name, const SimHandle& target,
                       const std::string& new_name) {
  const std::string path = PathIn(directory, name);
  int error = Gate(Action::kLink, path, directory.generation);
  if (error != 0) return error;
  const std::shared_ptr<SimNode> node = Child(*directory.node, name);
  if (node == nullptr) return ENOENT;
  if (node->directory) return EPERM;
  if (Child(*target.node, new_name) != nullptr) return EEXIST;
  error = Counted([&] {
    Do(target.node.get(), {.kind = SimNameKind::kSet, .name = new_name, .node = node});
    ++node->links;
  });
  TraceName(Action::kLink, path + " to " + PathIn(target, new_name), error);
  return error;
}

int SimNamespace::SyncDirectory(const SimHandle& directory, uint64_t mark) {
  const SimFault* fault = nullptr;
  int error = Gate(Action::kSyncDirectory, directory.path, directory.generation, &fault);
  if (error != 0) return error;
  SimNode* const node = directory.node.get();
  int answer = std::exchange(node->late_error, 0);
  error = Counted([&] {
    const SimFaultEffect effect = fault != nullptr ? fault->effect : SimFaultEffect::kError;
    if (effect == SimFaultEffect::kSyncLosesData || effect == SimFaultEffect::kSyncReportsLate) {
      node->entries.Lose(mark);
    } else if ((fault == nullptr && answer == 0) || effect == SimFaultEffect::kSyncIsDurable) {
      node->entries.Sync(mark);
    }
    if (effect == SimFaultEffect::kSyncReportsLate) {
      node->late_error = fault->error;
    } else if (fault != nullptr) {
      answer = fault->error;
    }
    core_->NoteNames(*node);
  });
  if (error == 0) error = answer;
  TraceName(Action::kSyncDirectory, directory.path, error);
  return error;
}

std::shared_ptr<std::vector<std::byte>> SimNamespace::Map(SimNode* node, uint64_t size) {
  auto memory = std::make_shared<std::vector<std::byte>>(size);
  node->content.current().Read(0, *memory);
  std::erase_if(node->mappings, [](const auto& weak) { return weak.expired(); });
  node->mappings.push_back(memory);
  return memory;
}

bool SimNamespace::Store(const SimHandle& handle, uint64_t offset,
                         std::span<const std::byte> bytes) {
  SimNode* const node = handle.node.get();
  if (!core_->Alive(handle.generation)) return false;
  if (!core_->EnterStore()) {
    torn_store_ = {.node = handle.node,
                   .offset = offset,
                   .before = std::vector<std::byte>(bytes.size()),
                   .after = std::vector<std::byte>(bytes.begin(), bytes.end())};
    node->content.current().Read(offset, torn_store_.before);
    return false;
  }
  SimDataOp op{.kind = SimDataKind::kStore,
               .offset = offset,
               .bytes = std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end()),
               .sequence = core_->NextSequence(),
               .completed_at = core_->NextCompletion()};
  node->content.Land(std::move(op));
  core_->NoteContent(*node);
  for (const auto& weak : node->mappings) {
    const auto memory = weak.lock();
    if (memory == nullptr || offset >= memory->size()) continue;
    const size_t fits = std::min<size_t>(bytes.size(), memory->size() - offset);
    std::copy_n(bytes.begin(), fits, memory->begin() + static_cast<ptrdiff_t>(offset));
  }
  return true;
}

}  // namespace treering::io
