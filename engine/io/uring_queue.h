// UringQueue: reads and direct writes through a ring; everything else inline.
//
// Owner: as Queue. The registry and the arena outlive it.
// Threads: as Queue: the thread that made it, or, when movable, one at a time.
// Invariants:
//   1. Sync, allocate and truncate are plain calls on the calling thread, after the ring's entries
//      were sent off: on a ring they would go through kernel workers, which is slower. So would
//      writes to files that are not direct. No kernel workers exist in steady state.
//   2. An I/O inside one registered chunk names it (READ_FIXED, WRITE_FIXED); one in a chunk that
//      this ring does not know and cannot learn is a plain READ or WRITE, and counted.
//   3. A completion whose tag names no request breaks the queue (QueueStats::broken_cause), and so
//      does a kernel that refuses the ring for good. Then what the kernel never took comes back at
//      once; what it has is waited for, for kGiveUpNanos. The memory of what did not come even then
//      is put under quarantine (BufferArena).
#ifndef TREERING_ENGINE_IO_URING_QUEUE_H_
#define TREERING_ENGINE_IO_URING_QUEUE_H_

#include <cstdint>
#include <memory>

#include "api/result.h"
#include "engine/io/buffer_arena.h"
#include "engine/io/buffer_registry.h"
#include "engine/io/queue.h"
#include "engine/io/ring.h"

namespace treering::io {

inline constexpr uint64_t kGiveUpNanos = 2'000'000'000;

// Patient, as Ring::CreatePatiently.
Result<std::unique_ptr<Queue>> NewUringQueue(RingOptions options, BufferArena* arena,
                                             BufferRegistry* registry);

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_URING_QUEUE_H_
