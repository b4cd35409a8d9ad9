// IsProcessRunning: whether another process is there to stay.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. A process that was killed does not run, though it may be there for seconds yet: until the
//      disk has done what its threads wait for, and until its parent has looked.
#ifndef TREERING_ENGINE_IO_PROCESS_H_
#define TREERING_ENGINE_IO_PROCESS_H_

#include <cstdint>

namespace treering::io {

// Without /proc, or where it hides other users' processes, one that was killed counts as running
// until it is gone.
bool IsProcessRunning(int64_t pid);

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_PROCESS_H_
