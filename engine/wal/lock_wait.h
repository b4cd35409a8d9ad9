// OpenLocked: opens a file with its lock, and waits for a dead process's last writes to land.
//
// Owner: nobody.
// Threads: blocks the caller.
// Invariants:
//   1. The lock falls when the last write of its holder has landed, so what is read afterwards does
//      not change.
#ifndef TREERING_ENGINE_WAL_LOCK_WAIT_H_
#define TREERING_ENGINE_WAL_LOCK_WAIT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "api/result.h"
#include "engine/base/clock.h"
#include "engine/io/disk.h"

namespace treering::wal {

// As Directory::Open with the lock; Busy only after `wait_nanos`.
Result<std::unique_ptr<io::File>> OpenLocked(io::Directory* directory, base::Clock* clock,
                                             const std::string& name, bool direct,
                                             uint64_t wait_nanos);

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_LOCK_WAIT_H_
