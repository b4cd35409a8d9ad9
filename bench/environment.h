// Environment: where the benchmark runs, for its header: file system, device, machine.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. What cannot be found out is called "unknown", never guessed.
#ifndef TREERING_BENCH_ENVIRONMENT_H_
#define TREERING_BENCH_ENVIRONMENT_H_

#include <string>
#include <string_view>

namespace treering::bench {

struct MountFacts {
  std::string device = "unknown";
  std::string file_system = "unknown";
  std::string mount_point;
};

// Of the mount that holds the absolute `path`, from the text of /proc/self/mountinfo.
MountFacts FindMount(std::string_view mountinfo, std::string_view path);
// The same for a directory that need not exist yet.
MountFacts MountOf(const std::string& directory);

// "2 * Intel(R) Xeon(R) Processor"
std::string CpuText();
std::string KernelText();

}  // namespace treering::bench

#endif  // TREERING_BENCH_ENVIRONMENT_H_
