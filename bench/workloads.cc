#include "bench/workloads.h"

namespace treering::bench {
namespace {

std::vector<std::span<const Workload>> Families() {
  return {FillWorkloads(),        ReadWorkloads(), ScanWorkloads(), MixedWorkloads(),
          MaintenanceWorkloads(), OpenWorkloads(), RawWorkloads()};
}

}  // namespace

const Workload* FindWorkload(std::string_view name) {
  for (const std::span<const Workload> family : Families()) {
    for (const Workload& workload : family) {
      if (workload.name == name) return &workload;
    }
  }
  return nullptr;
}

std::vector<std::string_view> WorkloadNames() {
  std::vector<std::string_view> names;
  for (const std::span<const Workload> family : Families()) {
    for (const Workload& workload : family) names.push_back(workload.name);
  }
  return names;
}

}  // namespace treering::bench
