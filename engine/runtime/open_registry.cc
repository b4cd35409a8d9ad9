#include "engine/runtime/open_registry.h"

#include <map>
#include <utility>

#include "engine/base/thread.h"

namespace treering::runtime {
namespace {

struct Registry {
  base::Mutex mutex;
  std::map<std::pair<uint64_t, uint64_t>, std::string> open;  // to the path it was opened by
};

// Never destroyed: databases may be closed while the process exits.
Registry* TheRegistry() {
  static auto* const registry = new Registry;
  return registry;
}

}  // namespace

OpenClaim::OpenClaim(OpenClaim&& other) noexcept
    : device_(other.device_), inode_(other.inode_), held_(std::exchange(other.held_, false)) {}

OpenClaim& OpenClaim::operator=(OpenClaim&& other) noexcept {
  OpenClaim taken(std::move(other));
  std::swap(device_, taken.device_);
  std::swap(inode_, taken.inode_);
  std::swap(held_, taken.held_);
  return *this;
}

OpenClaim::~OpenClaim() {
  if (!held_) return;
  Registry* const registry = TheRegistry();
  base::MutexLock lock(&registry->mutex);
  registry->open.erase({device_, inode_});
}

Result<OpenClaim> OpenRegistry::Claim(uint64_t device, uint64_t inode, const std::string& path) {
  Registry* const registry = TheRegistry();
  base::MutexLock lock(&registry->mutex);
  const auto [place, added] = registry->open.try_emplace({device, inode}, path);
  if (!added) {
    return Status::Busy(path + ": this process has the database open already, as " + place->second +
                        "; close that one first");
  }
  OpenClaim claim;
  claim.device_ = device;
  claim.inode_ = inode;
  claim.held_ = true;
  return claim;
}

size_t OpenRegistry::OpenCount() {
  Registry* const registry = TheRegistry();
  base::MutexLock lock(&registry->mutex);
  return registry->open.size();
}

}  // namespace treering::runtime
