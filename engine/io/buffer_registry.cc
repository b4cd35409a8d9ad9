#include "engine/io/buffer_registry.h"

#include <sys/uio.h>

#include <cerrno>
#include <string>
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

// Locked memory that was given up comes back late.
constexpr int kRegisterTries = 4;
constexpr uint64_t kRegisterPauseNanos = 1'000'000;

int MakeTable(Ring* ring) {
  return io_uring_register_buffers_sparse(ring->raw(), BufferArena::kChunkCountMax);
}

}  // namespace

BufferRegistry::BufferRegistry(Options options, Fallbacks* fallbacks)
    : fallbacks_(fallbacks), refusals_(options.refusals), clones_(options.clone) {
  // Movable: any thread may grow the arena, and the others clone from it.
  RingOptions ring{.depth = 1, .movable = true, .refusals = options.refusals};
  auto master = Ring::CreatePatiently(&ring);
  if (!master.ok()) {
    fallbacks_->Note(FastPath::kRegisteredBuffers, master.status().ToString());
    return;
  }
  master_ = std::move(*master);
  if (const int result = MakeTable(master_.get()); result < 0) {
    Note("table", -result);
    master_.reset();
  }
}

void BufferRegistry::Note(const char* what, int error) {
  fallbacks_->Note(FastPath::kRegisteredBuffers,
                   ErrorStatus(Action::kRegister, what, kNoOffset, error).ToString());
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
  int error = 0;
  for (int tries = 1; !TryRegisterWith(ring, index, &error); ++tries) {
    if (tries == kRegisterTries) {
      Note((std::to_string(chunks_[static_cast<size_t>(index)].bytes >> 20) + " MiB").c_str(),
           error);
      return false;
    }
    base::SleepNanos(kRegisterPauseNanos);
  }
  return true;
}

bool BufferRegistry::TryRegisterWith(Ring* ring, int index, int* error) {
  *error = ENOMEM;
  if (refusals_ != nullptr && refusals_->fetch_sub(1) > 0) return false;
  const BufferArena::Chunk& chunk = chunks_[static_cast<size_t>(index)];
  const iovec piece = {.iov_base = chunk.base, .iov_len = chunk.bytes};
  const int result = io_uring_register_buffers_update_tag(ring->raw(), static_cast<unsigned>(index),
                                                          &piece, nullptr, 1);
  *error = result < 0 ? -result : EIO;
  return result == 1;
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
  // EINVAL on the first one means that the kernel cannot do this; chunks are then registered.
  if (result == -EINVAL && known == 0) return result;
  // Out of memory says nothing about the next ring, nor about this one's next try.
  Note("clone", -result);
  return known;
}

int BufferRegistry::LendByRegistering(Ring* ring, int known, int target) {
  if (const int result = known == 0 ? MakeTable(ring) : 0; result < 0) {
    // EBUSY: the table of an earlier try.
    if (result != -EBUSY) {
      Note("table", -result);
      return 0;
    }
  }
  for (int index = known; index < target; ++index) {
    if (Holds(index) && !RegisterWith(ring, index)) return index;
  }
  return target;
}

bool BufferRegistry::on() const {
  return bytes() > 0 && fallbacks_->Reason(FastPath::kRegisteredBuffers).empty();
}

}  // namespace treering::io
