// The benchmarks that look keys up.
#include "bench/workloads.h"

namespace treering::bench {
namespace {

void MultiReadRandom(Worker* worker) {
  const WorkPlan& plan = worker->plan();
  OpRecorder& recorder = worker->recorder();
  std::vector<KeyMaker> makers(plan.batch_size, KeyMaker(plan.key_size));
  std::vector<Slice> keys(plan.batch_size);
  std::vector<PinnedValue> values(plan.batch_size);
  std::vector<Status> statuses(plan.batch_size);
  while (const uint64_t count = worker->Take(plan.batch_size, plan.reads)) {
    for (uint64_t i = 0; i < count; ++i) {
      keys[i] = makers[i].Make(worker->random().Uniform(plan.num));
    }
    worker->db().MultiGet(std::span(keys).first(count), std::span(values).first(count),
                          std::span(statuses).first(count));
    uint64_t found = 0;
    for (uint64_t i = 0; i < count; ++i) {
      if (statuses[i].IsNotFound()) continue;
      if (!worker->Good("multiget", statuses[i])) return;
      ++found;
      recorder.AddBytes(keys[i].size() + values[i].size());
      values[i].Reset();
    }
    recorder.AddLookups(found, count);
    recorder.Finished(count, OpKind::kRead);
  }
}

// A key longer by one byte than any that was filled in.
void Missing(WorkPlan* plan) { ++plan->key_size; }
void Hot(WorkPlan* plan) { plan->num = (plan->num + 99) / 100; }

constexpr Workload kWorkloads[] = {
    {.name = "readrandom", .run = ReadRandom},
    {.name = "readmissing", .run = ReadRandom, .adjust = Missing},
    {.name = "readhot", .run = ReadRandom, .adjust = Hot},
    {.name = "multireadrandom", .run = MultiReadRandom},
};

}  // namespace

void ReadRandom(Worker* worker) {
  const WorkPlan& plan = worker->plan();
  OpRecorder& recorder = worker->recorder();
  KeyMaker keys(plan.key_size);
  PinnedValue value;
  while (worker->Take(1, plan.reads) != 0) {
    const Slice key = keys.Make(worker->random().Uniform(plan.num));
    const Status status = worker->db().Get(key, &value);
    if (status.ok()) {
      recorder.AddBytes(key.size() + value.size());
      recorder.AddLookups(1, 1);
    } else if (status.IsNotFound()) {
      recorder.AddLookups(0, 1);
    } else if (!worker->Good("get", status)) {
      return;
    }
    recorder.Finished(1, OpKind::kRead);
  }
}

std::span<const Workload> ReadWorkloads() { return kWorkloads; }

}  // namespace treering::bench
