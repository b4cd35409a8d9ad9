#include "engine/base/block_source.h"

#include <new>

#include "engine/base/limits.h"

namespace treering::base {
namespace {

class HeapBlocks final : public BlockSource {
 public:
  std::byte* Allocate(size_t bytes) override {
    return static_cast<std::byte*>(::operator new(bytes, AlignmentOf(bytes), std::nothrow));
  }
  void Free(std::byte* block, size_t bytes) override {
    ::operator delete(block, AlignmentOf(bytes));
  }

 private:
  static std::align_val_t AlignmentOf(size_t bytes) {
    return std::align_val_t{bytes >= kPageBytes ? kPageBytes : 64};
  }
};

}  // namespace

BlockSource* HeapBlockSource() {
  static HeapBlocks* const blocks = new HeapBlocks;  // outlives every static that uses it
  return blocks;
}

}  // namespace treering::base
