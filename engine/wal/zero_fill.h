// ZeroFill: writes zeros over the start of a file, several large writes at a time.
//
// Owner: nobody.
// Threads: blocks the caller, on its own queue with nothing else in flight.
// Invariants:
//   1. Nothing is in flight on return, whatever the outcome.
#ifndef TREERING_ENGINE_WAL_ZERO_FILL_H_
#define TREERING_ENGINE_WAL_ZERO_FILL_H_

#include <cstdint>

#include "api/status.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/file.h"
#include "engine/io/queue.h"

namespace treering::wal {

// Makes [0, bytes) of `file` allocated and really written with zeros, and syncs it. `bytes` is a
// multiple of 4096 above 0.
Status ZeroFill(io::Queue* queue, io::File* file, io::BufferPool* buffers, uint64_t bytes);

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_ZERO_FILL_H_
