#include "engine/io/posix_mapped_file.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "engine/base/check.h"
#include "engine/io/errors.h"

namespace treering::io {

Result<std::unique_ptr<MappedFile>> PosixMappedFile::Map(const std::string& path, Descriptor fd,
                                                         uint64_t size) {
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return ErrorStatus(Action::kMap, path, kNoOffset, errno);
  // A child must not hold our log's tail; a core file need not either.
  madvise(memory, size, MADV_DONTFORK);
  madvise(memory, size, MADV_DONTDUMP);
  std::unique_ptr<MappedFile> file(
      new (std::nothrow) PosixMappedFile(std::move(fd), static_cast<std::byte*>(memory), size));
  if (file != nullptr) return file;
  munmap(memory, size);
  return Status::OutOfMemory();
}

PosixMappedFile::PosixMappedFile(Descriptor fd, std::byte* data, uint64_t size)
    : fd_(std::move(fd)), data_(data), size_(size) {}

PosixMappedFile::~PosixMappedFile() { munmap(data_, size_); }

void PosixMappedFile::Store(uint64_t offset, std::span<const std::byte> bytes) {
  TREERING_CHECK(offset <= size_ && bytes.size() <= size_ - offset);
  if (!bytes.empty()) std::memcpy(data_ + offset, bytes.data(), bytes.size());
}

void PosixMappedFile::Load(uint64_t offset, std::span<std::byte> into) const {
  TREERING_CHECK(offset <= size_ && into.size() <= size_ - offset);
  if (!into.empty()) std::memcpy(into.data(), data_ + offset, into.size());
}

}  // namespace treering::io
