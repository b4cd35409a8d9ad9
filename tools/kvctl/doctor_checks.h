// Checks of the machine for kvctl doctor: is the fast I/O path on, and if not, why and what to do.
//
// Owner: values.
// Threads: one.
// Invariants:
//   1. The directory looked at keeps its entries and times.
//   2. Whatever is not ok says what to do.
#ifndef TREERING_TOOLS_KVCTL_DOCTOR_CHECKS_H_
#define TREERING_TOOLS_KVCTL_DOCTOR_CHECKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/kvctl/io_trial.h"

namespace treering::kvctl {

enum class Verdict { kOk, kWarn, kProblem };

struct Finding {
  Verdict verdict = Verdict::kOk;
  std::string name;
  std::string what;
  std::string remedy;  // empty when ok
};

Finding CheckKernel();
// Of Runtime::Facts() after a trial: driver, ring flags, registration. `facts` is empty and `error`
// says why when no Runtime could be made.
std::vector<Finding> CheckRuntime(const std::vector<std::string>& facts, const IoTrial& trial,
                                  const std::string& error);
Finding CheckLockedMemory(uint64_t memory_budget);
Finding CheckOpenFiles();
// Of the file system that `path` is on, or would be on: type, O_DIRECT, free space, permission.
std::vector<Finding> CheckFileSystem(const std::string& path);

// The pure parts, for tests.
Finding JudgeFileSystemType(uint64_t magic);
Finding JudgeFreeSpace(uint64_t free_bytes, uint64_t total_bytes);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_DOCTOR_CHECKS_H_
