#include "engine/io/buffer_registry.h"

#include <sys/uio.h>

#include <cerrno>
#include <utility>

#include "engine/io/errors.h"

namespace treering::io {
namespace {

// The argument of kRegisterCloneBuffers; the flag came with 6.13.
constexpr uint32_t kCloneReplace = 1u << 1;
struct CloneBuffers {
  uint32_t source_fd = 0;
  uint32_t flags = 0;
  uint32_t source_offset = 0;
  uint32_t target_offset = 0;
  uint32_t count = 0;  // 0: all
  uint32_t pad[3] = {};
};
static_assert(sizeof(CloneBuffers) == 32);

int Clone(const Ring& from, Ring* into, bool replace) {
  CloneBuffers arg;
  arg.source_fd = static_cast<uint32_t>(from.fd());
  arg.flags = replace ? kCloneReplace : 0;
  return io_uring_register(static_cast<unsigned>(into->fd()), kRegisterCloneBuffers, &arg, 1);
}

int MakeTable(Ring* ring) {
  return io_uring_register_buffers_sparse(ring->raw(), BufferArena::kChunkCountMax);
}

}  // namespace

BufferRegistry::BufferRegistry(Options options) : clones_(options.clone) {
  // Movable: any thread may grow the arena, and the others clone from it.
  auto master = Ring::Create({.depth = 1, .movable = true});
  if (!master.ok()) {
    GiveUp(master.status().ToString());
    return;
  }
  master_ = std::move(*master);
  const int result = MakeTable(master_.get());
  if (result < 0) {
    GiveUp(ErrorStatus(Action::kRegister, "table", kNoOffset, -result).ToString());
    master_.reset();
  }
}

void BufferRegistry::GiveUp(const std::string& reason) {
  if (reason_.empty()) reason_ = reason;
}

void BufferRegistry::Add(int index, const BufferArena::Chunk& chunk) {
  base::MutexLock lock(&mutex_);
  chunks_[static_cast<size_t>(index)] = chunk;
  if (master_ != nullptr && RegisterWith(master_.get(), index)) {
    held_[static_cast<size_t>(index)].store(true, std::memory_order_release);
    bytes_.fetch_add(chunk.bytes, std::memory_order_acq_rel);
  }
  announced_.store(index + 1, std::memory_order_release);
}

bool BufferRegistry::RegisterWith(Ring* ring, int index) {
  const BufferArena::Chunk& chunk = chunks_[static_cast<size_t>(index)];
  const iovec piece = {.iov_base = chunk.base, .iov_len = chunk.bytes};
  const int result = io_uring_register_buffers_update_tag(ring->raw(), static_cast<unsigned>(index),
                                                          &piece, nullptr, 1);
  if (result == 1) return true;
  GiveUp(ErrorStatus(Action::kRegister, std::to_string(chunk.bytes >> 20) + " MiB", kNoOffset,
                     result < 0 ? -result : EIO)
             .ToString());
  return false;
}

int BufferRegistry::Lend(Ring* ring, int known) {
  base::MutexLock lock(&mutex_);
  const int target = announced();
  if (master_ == nullptr || bytes() == 0 || target == known) return known;
  if (clones()) {
    const int result = LendByClone(ring, known, target);
    if (result >= 0) return result;
    if (known > 0) return known;  // the table is a clone: it cannot be added to one by one
    clones_.store(false, std::memory_order_release);
  }
  return LendByRegistering(ring, known, target);
}

int BufferRegistry::LendByClone(Ring* ring, int known, int target) {
  const int result = Clone(*master_, ring, /*replace=*/known > 0);
  if (result >= 0) return target;
  // Out of memory says nothing about the next ring; EINVAL means that the kernel cannot do this.
  return result == -EINVAL ? result : known;
}

int BufferRegistry::LendByRegistering(Ring* ring, int known, int target) {
  if (known == 0 && MakeTable(ring) < 0) return 0;
  for (int index = known; index < target; ++index) {
    if (Holds(index) && !RegisterWith(ring, index)) return index;
  }
  return target;
}

bool BufferRegistry::on() const {
  base::MutexLock lock(&mutex_);
  return master_ != nullptr && reason_.empty();
}

std::string BufferRegistry::reason() const {
  base::MutexLock lock(&mutex_);
  return reason_;
}

}  // namespace treering::io
