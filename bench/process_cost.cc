#include "bench/process_cost.h"

#include <sys/resource.h>

#include <fstream>
#include <string>

namespace treering::bench {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessCost CostSoFar() {
  ProcessCost cost;
  rusage usage = {};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    cost.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  }
  std::ifstream io("/proc/self/io");
  std::string name;
  uint64_t value = 0;
  while (io >> name >> value) {
    if (name == "read_bytes:") cost.bytes_read = value;
    if (name == "write_bytes:") {
      cost.bytes_written = value;
      cost.has_bytes = true;
    }
  }
  return cost;
}

ProcessCost operator-(const ProcessCost& later, const ProcessCost& earlier) {
  ProcessCost cost;
  cost.cpu_seconds = later.cpu_seconds - earlier.cpu_seconds;
  cost.has_bytes = later.has_bytes && earlier.has_bytes;
  cost.bytes_read = later.bytes_read - earlier.bytes_read;
  cost.bytes_written = later.bytes_written - earlier.bytes_written;
  return cost;
}

}  // namespace treering::bench
