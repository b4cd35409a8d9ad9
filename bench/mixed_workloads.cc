// The benchmarks that read and write at once.
#include "bench/workloads.h"

namespace treering::bench {
namespace {

// False on an error.
bool PutOne(Worker* worker, const Slice& key) {
  const WorkPlan& plan = worker->plan();
  if (!worker->Good("put", worker->db().Put(key, worker->values().Next(), plan.write))) {
    return false;
  }
  worker->recorder().AddBytes(plan.key_size + plan.value_size);
  worker->recorder().AddWritten(1, plan.key_size + plan.value_size);
  return true;
}

// A get of `key`; false on an error.
bool GetOne(Worker* worker, const Slice& key, PinnedValue* value) {
  const Status status = worker->db().Get(key, value);
  worker->recorder().AddLookups(status.ok() ? 1 : 0, 1);
  if (status.ok()) worker->recorder().AddBytes(key.size() + value->size());
  return status.IsNotFound() || worker->Good("get", status);
}

void ReadRandomWriteRandom(Worker* worker) {
  const WorkPlan& plan = worker->plan();
  KeyMaker keys(plan.key_size);
  PinnedValue value;
  while (worker->Take(1, plan.reads) != 0) {
    if (worker->random().Uniform(100) < plan.read_percent) {
      if (!GetOne(worker, keys.Make(worker->random().Uniform(plan.num)), &value)) return;
      worker->recorder().Finished(1, OpKind::kRead);
    } else {
      if (!PutOne(worker, keys.Make(worker->random().Uniform(plan.num)))) return;
      worker->recorder().Finished(1, OpKind::kWrite);
    }
  }
}

// Reads a key, then writes it.
void UpdateRandom(Worker* worker) {
  const WorkPlan& plan = worker->plan();
  KeyMaker keys(plan.key_size);
  PinnedValue value;
  while (worker->Take(1, plan.writes) != 0) {
    const Slice key = keys.Make(worker->random().Uniform(plan.num));
    if (!GetOne(worker, key, &value)) return;
    value.Reset();
    if (!PutOne(worker, key)) return;
    worker->recorder().Finished(1, OpKind::kWrite);
  }
}

constexpr Workload kWorkloads[] = {
    {.name = "readwhilewriting", .run = ReadRandom, .background_writer = true},
    {.name = "seekrandomwhilewriting", .run = SeekRandom, .background_writer = true},
    {.name = "readrandomwriterandom", .run = ReadRandomWriteRandom},
    {.name = "updaterandom", .run = UpdateRandom},
};

}  // namespace

std::span<const Workload> MixedWorkloads() { return kWorkloads; }

}  // namespace treering::bench
