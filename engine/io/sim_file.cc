#include "engine/io/sim_file.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/io/errors.h"

namespace treering::io {

SimFile::SimFile(SimWorld* world, SimHandle handle, bool writable)
    : File(handle.path, handle.direct, writable),
      world_(world),
      handle_(std::make_shared<const SimHandle>(std::move(handle))) {}

SimFile::~SimFile() {
  SimGuard guard(&world_->core());
  world_->names().Close(*handle_);
}

Status SimFile::Size(uint64_t* bytes) {
  SimGuard guard(&world_->core());
  const int error = world_->names().Gate(Action::kStat, handle_->path, handle_->generation);
  if (error != 0) return ErrorStatus(Action::kStat, handle_->path, kNoOffset, error);
  *bytes = handle_->node->content.current().size();
  return Status::Ok();
}

SimMappedFile::SimMappedFile(SimWorld* world, SimHandle handle,
                             std::shared_ptr<std::vector<std::byte>> memory)
    : world_(world), handle_(std::move(handle)), memory_(std::move(memory)) {}

SimMappedFile::~SimMappedFile() {
  SimGuard guard(&world_->core());
  world_->names().Close(handle_);
}

void SimMappedFile::Store(uint64_t offset, std::span<const std::byte> bytes) {
  TREERING_CHECK(offset <= size() && bytes.size() <= size() - offset);
  if (bytes.empty()) return;
  SimGuard guard(&world_->core());
  if (world_->names().Store(handle_, offset, bytes)) return;
  // The dying process sees what it stored.
  std::copy(bytes.begin(), bytes.end(), memory_->begin() + static_cast<ptrdiff_t>(offset));
}

void SimMappedFile::Load(uint64_t offset, std::span<std::byte> into) const {
  TREERING_CHECK(offset <= size() && into.size() <= size() - offset);
  SimGuard guard(&world_->core());
  std::copy_n(memory_->begin() + static_cast<ptrdiff_t>(offset), into.size(), into.begin());
}

}  // namespace treering::io
