#include "engine/io/sim_directory.h"

#include <cerrno>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/sim_scheduler.h"
#include "engine/base/thread.h"
#include "engine/io/errors.h"
#include "engine/io/sim_file.h"
#include "engine/io/sim_queue.h"

namespace treering::io {
namespace {

// A blocking call takes its time before it has its effect. Not under a guard.
void Delay(Action action) {
  base::SimScheduler* const scheduler = base::SimScheduler::Current();
  if (scheduler != nullptr) base::SleepNanos(SimLatencyNanos(action, scheduler->Random()));
}

Status StatusOf(Action action, const std::string& path, int error) {
  return error == 0 ? Status::Ok() : ErrorStatus(action, path, kNoOffset, error);
}

std::string ParentOf(const std::string& path) {
  std::string parent;
  std::vector<std::string> components = SimComponents(path);
  if (!components.empty()) components.pop_back();
  for (const std::string& component : components) parent += "/" + component;
  return parent.empty() ? "/" : parent;
}

Status SyncDirectory(SimWorld* world, const SimHandle& handle) {
  uint64_t mark = 0;
  {
    SimGuard guard(&world->core());
    mark = world->core().last_sequence();
  }
  Delay(Action::kSyncDirectory);
  SimGuard guard(&world->core());
  world->Tick();
  return StatusOf(Action::kSyncDirectory, handle.path, world->names().SyncDirectory(handle, mark));
}

Status MakeDirectory(SimWorld* world, uint64_t generation, const std::string& path) {
  Delay(Action::kMakeDirectory);
  SimGuard guard(&world->core());
  world->Tick();
  const int error = world->names().MakeDirectory(path, generation);
  if (error == ENOENT) {
    return Status::NotFound("make directory " + path + ": its parent " + ParentOf(path) +
                            " does not exist; make that first");
  }
  return error == EEXIST ? Status::Ok() : StatusOf(Action::kMakeDirectory, path, error);
}

Status SyncParent(SimWorld* world, uint64_t generation, const std::string& path) {
  SimHandle parent{.path = ParentOf(path), .generation = generation};
  {
    SimGuard guard(&world->core());
    parent.node = world->names().Find(parent.path);
  }
  if (parent.node == nullptr) return StatusOf(Action::kOpen, parent.path, ENOENT);
  return SyncDirectory(world, parent);
}

}  // namespace

Result<std::unique_ptr<Directory>> SimDirectory::Open(SimWorld* world, uint64_t generation,
                                                      const std::string& path, bool create) {
  bool made = false;
  bool synced = !create;
  while (true) {
    int error = 0;
    {
      SimGuard guard(&world->core());
      world->Tick();
      error = world->names().Gate(Action::kOpen, path, generation);
      const std::shared_ptr<SimNode> node = error == 0 ? world->names().Find(path) : nullptr;
      if (error == 0 && node == nullptr) error = ENOENT;
      if (error == 0 && !node->directory) error = ENOTDIR;
      if (error == 0 && synced) {
        SimHandle handle{.node = node, .path = path, .generation = generation};
        return std::unique_ptr<Directory>(std::make_unique<SimDirectory>(world, std::move(handle)));
      }
    }
    if (error != 0 && (error != ENOENT || !create || std::exchange(made, true))) {
      return ErrorStatus(Action::kOpen, path, kNoOffset, error);
    }
    Status status =
        error == 0 ? SyncParent(world, generation, path) : MakeDirectory(world, generation, path);
    if (!status.ok()) return status;
    synced = error == 0;
    base::SchedPoint();
  }
}

Status SimDirectory::Remove(SimWorld* world, uint64_t generation, const std::string& path) {
  Delay(Action::kUnlink);
  SimGuard guard(&world->core());
  world->Tick();
  return StatusOf(Action::kUnlink, path, world->names().RemoveDirectory(path, generation));
}

SimDirectory::SimDirectory(SimWorld* world, SimHandle handle)
    : world_(world), handle_(std::move(handle)) {
  ++handle_.node->opens;
}

SimDirectory::~SimDirectory() {
  SimGuard guard(&world_->core());
  world_->names().Close(handle_);
}

// Two storages are two devices, so that registries of open databases tell them apart.
uint64_t SimDirectory::device() const { return world_->device(); }

Status SimDirectory::CheckName(const std::string& name) const {
  const bool single = !name.empty() && name != "." && name != ".." &&
                      name.find('/') == std::string::npos && name.find('\0') == std::string::npos &&
                      name.size() <= base::kNameBytesMax;
  if (single) return Status::Ok();
  return Status::InvalidArgument("in directory " + path() + ": \"" + name +
                                 "\" is not a single file name of 1 to 255 bytes");
}

Status SimDirectory::OpenChecked(const std::string& name, OpenFlags flags, SimHandle* handle) {
  if (Status s = CheckName(name); !s.ok()) return s;
  const Action action = flags.mode == OpenMode::kCreate ? Action::kCreate : Action::kOpen;
  Delay(action);
  SimGuard guard(&world_->core());
  world_->Tick();
  const int error = world_->names().OpenFile(handle_, name, flags, handle);
  if (error == EMLINK) {
    return Status::InvalidArgument("open " + PathOf(name) +
                                   ": it has several names (hard links); writing would change "
                                   "them all");
  }
  if (error == EISDIR && flags.mode == OpenMode::kRead) {
    return Status::InvalidArgument("open " + PathOf(name) + ": not a regular file");
  }
  if (error != 0) return StatusOf(action, PathOf(name), error);
  if (!flags.lock) return Status::Ok();
  const int refused = world_->names().Lock(handle);
  if (refused != 0) {
    world_->names().Close(*handle);
    if (flags.mode == OpenMode::kCreate) (void)world_->names().Unlink(handle_, name);
  }
  return StatusOf(Action::kLock, PathOf(name), refused);
}

Result<std::unique_ptr<File>> SimDirectory::Open(const std::string& name, OpenFlags flags) {
  const base::SimInside inside;
  SimHandle handle;
  if (Status s = OpenChecked(name, flags, &handle); !s.ok()) return s;
  return std::unique_ptr<File>(
      std::make_unique<SimFile>(world_, std::move(handle), flags.mode != OpenMode::kRead));
}

Result<std::unique_ptr<MappedFile>> SimDirectory::Map(const std::string& name, uint64_t size,
                                                      bool lock) {
  const base::SimInside inside;
  SimHandle handle;
  const OpenFlags flags{.mode = OpenMode::kReadWrite, .direct = false, .lock = lock};
  if (Status s = OpenChecked(name, flags, &handle); !s.ok()) return s;
  SimGuard guard(&world_->core());
  const uint64_t file_size = handle.node->content.current().size();
  const int error = world_->names().Gate(Action::kMap, handle.path, handle.generation);
  Status status = StatusOf(Action::kMap, handle.path, error);
  if (size == 0 || file_size < size) {
    status = Status::InvalidArgument("map " + PathOf(name) + ": " + std::to_string(size) +
                                     " bytes of a file of " + std::to_string(file_size));
  }
  if (!status.ok()) {
    world_->names().Close(handle);
    return status;
  }
  auto memory = world_->names().Map(handle.node.get(), size);
  return std::unique_ptr<MappedFile>(
      std::make_unique<SimMappedFile>(world_, std::move(handle), std::move(memory)));
}

Result<FileInfo> SimDirectory::Stat(const std::string& name) {
  if (Status s = CheckName(name); !s.ok()) return s;
  SimGuard guard(&world_->core());
  world_->Tick();
  FileInfo info;
  const int error = world_->names().Stat(handle_, name, &info);
  if (error != 0) return ErrorStatus(Action::kStat, PathOf(name), kNoOffset, error);
  if (info.exists) info.device = device();
  return info;
}

Result<std::vector<std::string>> SimDirectory::List() {
  Delay(Action::kList);
  SimGuard guard(&world_->core());
  world_->Tick();
  std::vector<std::string> names;
  const int error = world_->names().List(handle_, &names);
  if (error != 0) return ErrorStatus(Action::kList, path(), kNoOffset, error);
  return names;
}

Status SimDirectory::Rename(const std::string& from, const std::string& to) {
  if (Status s = CheckName(from); !s.ok()) return s;
  if (Status s = CheckName(to); !s.ok()) return s;
  Delay(Action::kRename);
  SimGuard guard(&world_->core());
  world_->Tick();
  return StatusOf(Action::kRename, PathOf(from), world_->names().Rename(handle_, from, to));
}

Status SimDirectory::Unlink(const std::string& name) {
  if (Status s = CheckName(name); !s.ok()) return s;
  Delay(Action::kUnlink);
  SimGuard guard(&world_->core());
  world_->Tick();
  return StatusOf(Action::kUnlink, PathOf(name), world_->names().Unlink(handle_, name));
}

Status SimDirectory::Link(const std::string& name, Directory* target, const std::string& new_name) {
  if (Status s = CheckName(name); !s.ok()) return s;
  if (Status s = CheckName(new_name); !s.ok()) return s;
  Delay(Action::kLink);
  SimGuard guard(&world_->core());
  world_->Tick();
  const SimHandle& into = static_cast<SimDirectory*>(target)->handle_;
  return StatusOf(Action::kLink, PathOf(name), world_->names().Link(handle_, name, into, new_name));
}

Status SimDirectory::Sync() { return SyncDirectory(world_, handle_); }

Result<uint64_t> SimDirectory::FreeBytes() {
  SimGuard guard(&world_->core());
  world_->Tick();
  const int error = world_->names().Gate(Action::kStat, path(), handle_.generation);
  if (error != 0) return ErrorStatus(Action::kStat, path(), kNoOffset, error);
  return world_->core().FreeBytes();
}

}  // namespace treering::io
