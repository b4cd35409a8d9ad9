// PosixQueue: requests carried out by plain calls on the thread that waits.
//
// Owner: as Queue.
// Threads: as Queue.
// Invariants:
//   1. One attempt at a time, when it is asked for: depth is 1 and says so in the statistics.
#ifndef TREERING_ENGINE_IO_POSIX_QUEUE_H_
#define TREERING_ENGINE_IO_POSIX_QUEUE_H_

#include <memory>

#include "engine/io/queue.h"

namespace treering::io {

std::unique_ptr<Queue> NewPosixQueue();

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_POSIX_QUEUE_H_
