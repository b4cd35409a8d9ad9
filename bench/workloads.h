// Workloads: the benchmarks by name.
//
// Owner: static tables.
// Threads: Run from each worker's thread; the tables are constant.
// Invariants:
//   1. Names and what they do are RocksDB's db_bench's, where it has them; rawsync,
//      emptyloop and recover are ours.
//   2. A workload stops at the first error or when its shared state says so.
#ifndef TREERING_BENCH_WORKLOADS_H_
#define TREERING_BENCH_WORKLOADS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/worker.h"

namespace treering::bench {

struct Workload {
  std::string_view name;
  // One thread's loop.
  void (*run)(Worker* worker) = nullptr;
  // Changes what the flags say; may be null.
  void (*adjust)(WorkPlan* plan) = nullptr;
  // Begins with an empty database; skipped on an existing one.
  bool fresh_db = false;
  // Runs on one thread whatever --threads says.
  bool single = false;
  // One more thread writes until the others are done; its figures are shown apart.
  bool background_writer = false;
};

// Each family is in a file of its own.
std::span<const Workload> FillWorkloads();
std::span<const Workload> ReadWorkloads();
std::span<const Workload> ScanWorkloads();
std::span<const Workload> MixedWorkloads();
std::span<const Workload> MaintenanceWorkloads();
std::span<const Workload> OpenWorkloads();
std::span<const Workload> RawWorkloads();

// Null for an unknown name.
const Workload* FindWorkload(std::string_view name);
std::vector<std::string_view> WorkloadNames();

// The body of a background writer: random puts at the plan's rate until the others are done.
void WriteInBackground(Worker* worker);
// readrandom and seekrandom, which others run beside a writer.
void ReadRandom(Worker* worker);
void SeekRandom(Worker* worker);

}  // namespace treering::bench

#endif  // TREERING_BENCH_WORKLOADS_H_
