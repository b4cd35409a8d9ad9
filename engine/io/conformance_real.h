// The real drivers' part in the conformance suite: fresh folders of the test's temporary directory.
//
// Owner: the test.
// Threads: any.
// Invariants:
//   1. Runs under a umask that would take everything away from new files.
#ifndef TREERING_ENGINE_IO_CONFORMANCE_REAL_H_
#define TREERING_ENGINE_IO_CONFORMANCE_REAL_H_

#include <functional>
#include <memory>
#include <string>

#include "engine/io/conformance.h"
#include "engine/io/disk.h"

namespace treering::io {

ConformanceDriver RealDriver(std::function<std::unique_ptr<Disk>()> make_disk);

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_CONFORMANCE_REAL_H_
