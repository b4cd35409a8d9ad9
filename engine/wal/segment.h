// Segment: one file of the log, full of zeros before its first use; how one is made, and how big.
//
// Owner: whoever prepared it, then Log; shared by the spills and syncs that use it.
// Threads: CreateSegment and OpenSegment block on the caller's queue; a Segment is immutable.
// Invariants:
//   1. CreateSegment returns only when zeros, size and name are durable: register it in the
//      manifest after that, and add it to the Log after the registration is durable.
//   2. The file is locked on the descriptor that its writes use.
//   3. What CreateSegment could not finish it removes again, as well as it can.
#ifndef TREERING_ENGINE_WAL_SEGMENT_H_
#define TREERING_ENGINE_WAL_SEGMENT_H_

#include <cstdint>
#include <memory>

#include "api/result.h"
#include "api/status.h"
#include "engine/base/clock.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/io/file.h"
#include "engine/io/queue.h"
#include "engine/wal/replay_start.h"

namespace treering::wal {

inline constexpr uint64_t kSegmentBytesMin = 1ull << 20;
inline constexpr uint64_t kSegmentBytesMax = 64ull << 20;

struct Segment {
  SegmentInfo info;
  std::unique_ptr<io::File> file;
};

// The size of the next segment, from that of the one before (0: there was none) and how long that
// one lasted. Doubles while a segment lasts less than two seconds, halves when it lasts more than
// a minute, within [kSegmentBytesMin, kSegmentBytesMax].
uint64_t NextSegmentBytes(uint64_t previous_bytes, uint64_t lasted_nanos);

// Makes and syncs a zero-filled segment of `bytes`, a multiple of 4096, under a number that was
// never used. The queue has nothing else in flight. NoSpace when the disk is full; nothing is left
// behind then but, if even the removal failed, a file that the manifest does not name.
Result<std::shared_ptr<Segment>> CreateSegment(io::Directory* directory, io::Queue* queue,
                                               io::BufferPool* buffers, uint64_t number,
                                               uint64_t bytes);

// Opens a registered segment that recovery found unused, for use in a new generation. Waits for its
// lock (Busy after `lock_wait_nanos`); Corruption when it is missing or too short.
Result<std::shared_ptr<Segment>> OpenSegment(io::Directory* directory, base::Clock* clock,
                                             const SegmentInfo& info, uint64_t lock_wait_nanos);

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_SEGMENT_H_
