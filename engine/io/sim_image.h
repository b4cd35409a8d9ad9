// SimImage: the bytes of one simulated file; copies are cheap, pages are shared until written.
//
// Owner: a value.
// Threads: one at a time; copies that share pages may be used by different threads.
// Invariants:
//   1. Bytes that were never written, or lay beyond size() once, read as zero.
#ifndef TREERING_ENGINE_IO_SIM_IMAGE_H_
#define TREERING_ENGINE_IO_SIM_IMAGE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/io/request.h"

namespace treering::io {

class SimImage {
 public:
  uint64_t size() const { return size_; }
  void Resize(uint64_t size);
  // Copies what lies below size(); returns how many bytes.
  uint64_t Read(uint64_t offset, std::span<std::byte> into) const;
  // Grows to offset + from.size() where needed.
  void Write(uint64_t offset, std::span<const std::byte> from);
  // As Write, without the bytes at or beyond size().
  void WriteWithin(uint64_t offset, std::span<const std::byte> from);
  bool operator==(const SimImage& other) const;

 private:
  using Page = std::array<std::byte, kPageBytes>;

  Page* Writable(uint64_t page_index);

  std::vector<std::shared_ptr<Page>> pages_;  // null: zeros; may be shorter than the size
  uint64_t size_ = 0;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_IMAGE_H_
