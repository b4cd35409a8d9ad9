// IoTrial: a database of one record in a temporary folder, to see the I/O path at work. The engine
// registers memory with the kernel when it first needs some: a Runtime that nobody used says
// nothing about it.
//
// Owner: the command that asks.
// Threads: one.
// Invariants:
//   1. It lives in a folder of its own where the system keeps temporary files, which is gone when
//      the trial ends. The person's database is not touched.
#ifndef TREERING_TOOLS_KVCTL_IO_TRIAL_H_
#define TREERING_TOOLS_KVCTL_IO_TRIAL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "api/db.h"

namespace treering::kvctl {

struct IoTrial {
  std::string error;               // empty: a record was stored and came back
  uint64_t requests = 0;           // to the kernel
  uint64_t with_registration = 0;  // of these with a registered buffer
};

IoTrial TryIo(const std::shared_ptr<Runtime>& runtime);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_IO_TRIAL_H_
