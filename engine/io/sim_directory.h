// SimDirectory: a directory of a simulated disk.
//
// Owner: as Directory; the SimStorage outlives it.
// Threads: as Directory. On a simulated thread its calls take virtual time.
// Invariants:
//   1. As Directory; what went wrong is said in the words the real drivers use.
#ifndef TREERING_ENGINE_IO_SIM_DIRECTORY_H_
#define TREERING_ENGINE_IO_SIM_DIRECTORY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/io/disk.h"
#include "engine/io/sim_world.h"

namespace treering::io {

class SimDirectory final : public Directory {
 public:
  // As Disk::OpenDirectory and Disk::RemoveDirectory, for a disk of this generation.
  static Result<std::unique_ptr<Directory>> Open(SimWorld* world, uint64_t generation,
                                                 const std::string& path, bool create);
  static Status Remove(SimWorld* world, uint64_t generation, const std::string& path);

  SimDirectory(SimWorld* world, SimHandle handle);
  ~SimDirectory() override;

  const std::string& path() const override { return handle_.path; }
  uint64_t device() const override;
  uint64_t inode() const override { return handle_.node->number; }

  Result<std::unique_ptr<File>> Open(const std::string& name, OpenFlags flags) override;
  Result<std::unique_ptr<MappedFile>> Map(const std::string& name, uint64_t size,
                                          bool lock) override;
  Result<FileInfo> Stat(const std::string& name) override;
  Result<std::vector<std::string>> List() override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Unlink(const std::string& name) override;
  Status Link(const std::string& name, Directory* target, const std::string& new_name) override;
  Status Sync() override;
  Result<uint64_t> FreeBytes() override;

 private:
  Status CheckName(const std::string& name) const;
  std::string PathOf(const std::string& name) const { return handle_.path + "/" + name; }
  Status OpenChecked(const std::string& name, OpenFlags flags, SimHandle* handle);

  SimWorld* const world_;
  const SimHandle handle_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_DIRECTORY_H_
