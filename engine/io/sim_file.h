// SimFile, SimMappedFile: open files of a simulated disk.
//
// Owner: as File and MappedFile; the SimStorage outlives them.
// Threads: as File; a SimMappedFile as the real one, stores and loads one at a time inside.
// Invariants:
//   1. A handle of a generation that has crashed changes nothing when it goes.
#ifndef TREERING_ENGINE_IO_SIM_FILE_H_
#define TREERING_ENGINE_IO_SIM_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/io/disk.h"
#include "engine/io/file.h"
#include "engine/io/sim_world.h"

namespace treering::io {

class SimFile final : public File {
 public:
  SimFile(SimWorld* world, SimHandle handle, bool writable);
  ~SimFile() override;

  Status Size(uint64_t* bytes) override;
  const std::shared_ptr<const SimHandle>& handle() const { return handle_; }

 private:
  SimWorld* const world_;
  const std::shared_ptr<const SimHandle> handle_;
};

class SimMappedFile final : public MappedFile {
 public:
  SimMappedFile(SimWorld* world, SimHandle handle, std::shared_ptr<std::vector<std::byte>> memory);
  ~SimMappedFile() override;

  uint64_t size() const override { return memory_->size(); }
  void Store(uint64_t offset, std::span<const std::byte> bytes) override;
  void Load(uint64_t offset, std::span<std::byte> into) const override;
  const std::byte* data() const override { return memory_->data(); }

 private:
  SimWorld* const world_;
  const SimHandle handle_;
  const std::shared_ptr<std::vector<std::byte>> memory_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_FILE_H_
