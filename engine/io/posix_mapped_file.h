// PosixMappedFile: part of a file in memory, MAP_SHARED, so that the kernel keeps it when we die.
//
// Owner: as MappedFile. Holds the descriptor, and with it the lock.
// Threads: as MappedFile; stores and loads of the same bytes need the caller's own order.
// Invariants:
//   1. The file had at least size() bytes when it was mapped. Truncating it from outside ends the
//      process: the documented exception.
#ifndef TREERING_ENGINE_IO_POSIX_MAPPED_FILE_H_
#define TREERING_ENGINE_IO_POSIX_MAPPED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/io/disk.h"
#include "engine/io/posix_file.h"

namespace treering::io {

class PosixMappedFile final : public MappedFile {
 public:
  // `size` is above 0 and at most the file's.
  static Result<std::unique_ptr<MappedFile>> Map(const std::string& path, Descriptor fd,
                                                 uint64_t size);
  ~PosixMappedFile() override;

  uint64_t size() const override { return size_; }
  void Store(uint64_t offset, std::span<const std::byte> bytes) override;
  void Load(uint64_t offset, std::span<std::byte> into) const override;
  const std::byte* data() const override { return data_; }

 private:
  PosixMappedFile(Descriptor fd, std::byte* data, uint64_t size);

  const Descriptor fd_;
  std::byte* const data_;
  const uint64_t size_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_POSIX_MAPPED_FILE_H_
