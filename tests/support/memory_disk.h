// MemoryDisk: a database's files as strings that the test may change between opens, read-only and
// cheap: for sweeps over hundreds of thousands of damaged copies.
//
// Owner: the test; the files outlive it.
// Threads: any for reading; the test changes files only while none is open.
// Invariants:
//   1. Whatever would write is refused with ReadOnly.
//   2. Reads are done at once, in the order of submission.
#ifndef TREERING_TESTS_SUPPORT_MEMORY_DISK_H_
#define TREERING_TESTS_SUPPORT_MEMORY_DISK_H_

#include <map>
#include <memory>
#include <string>

#include "engine/io/disk.h"

namespace treering::testing {

class MemoryDisk final : public io::Disk {
 public:
  using Files = std::map<std::string, std::string>;  // by name; all in one directory

  explicit MemoryDisk(const Files* files, uint64_t arena_bytes_max = 64ull << 20);

  Result<std::unique_ptr<io::Queue>> NewQueue(uint32_t depth) override;
  Result<std::unique_ptr<io::Directory>> OpenDirectory(const std::string& path,
                                                       bool create) override;
  Status RemoveDirectory(const std::string& path) override;
  io::BufferArena* arena() override { return &arena_; }
  io::DiskFacts Facts() override;

 private:
  const Files* const files_;
  io::BufferArena arena_;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_SUPPORT_MEMORY_DISK_H_
