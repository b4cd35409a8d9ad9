// The benchmarks that write and delete.
#include "bench/workloads.h"

namespace treering::bench {
namespace {

// Puts, one by one or in batches, under the numbers that `next` gives.
template <typename Next>
void Fill(Worker* worker, Next next) {
  const WorkPlan& plan = worker->plan();
  OpRecorder& recorder = worker->recorder();
  KeyMaker keys(plan.key_size);
  WriteBatch batch;
  const uint64_t entry_bytes = plan.key_size + plan.value_size;
  while (const uint64_t count = worker->Take(plan.batch_size, plan.writes)) {
    Status status;
    if (count == 1) {
      status = worker->db().Put(keys.Make(next()), worker->values().Next(), plan.write);
    } else {
      batch.Clear();
      for (uint64_t i = 0; i < count; ++i) batch.Put(keys.Make(next()), worker->values().Next());
      status = worker->db().Write(batch, plan.write);
    }
    if (!worker->Good("put", status)) return;
    recorder.AddBytes(count * entry_bytes);
    recorder.AddWritten(count, count * entry_bytes);
    recorder.Finished(count, OpKind::kWrite);
    worker->Pace(count * entry_bytes);
  }
}

template <typename Next>
void Erase(Worker* worker, Next next) {
  const WorkPlan& plan = worker->plan();
  KeyMaker keys(plan.key_size);
  WriteBatch batch;
  while (const uint64_t count = worker->Take(plan.batch_size, plan.deletes)) {
    Status status;
    if (count == 1) {
      status = worker->db().Delete(keys.Make(next()), plan.write);
    } else {
      batch.Clear();
      for (uint64_t i = 0; i < count; ++i) batch.Delete(keys.Make(next()));
      status = worker->db().Write(batch, plan.write);
    }
    if (!worker->Good("delete", status)) return;
    worker->recorder().AddWritten(count, count * plan.key_size);
    worker->recorder().Finished(count, OpKind::kDelete);
  }
}

void FillSequential(Worker* worker) {
  Fill(worker, [next = uint64_t{0}]() mutable { return next++; });
}
void FillRandom(Worker* worker) {
  Fill(worker, [worker] { return worker->random().Uniform(worker->plan().num); });
}
void FillUnique(Worker* worker) {
  const Permutation order(worker->plan().num, worker->random().Next());
  const uint64_t num = worker->plan().num;
  Fill(worker, [&order, num, next = uint64_t{0}]() mutable { return order.At(next++ % num); });
}
void EraseSequential(Worker* worker) {
  Erase(worker, [next = uint64_t{0}]() mutable { return next++; });
}
void EraseRandom(Worker* worker) {
  Erase(worker, [worker] { return worker->random().Uniform(worker->plan().num); });
}

// RocksDB's sequential ones know no duration.
void InOrder(WorkPlan* plan) { plan->duration_seconds = 0; }
void InBatches(WorkPlan* plan) {
  plan->duration_seconds = 0;
  plan->batch_size = 1000;
}
void Synced(WorkPlan* plan) {
  plan->num = std::max<uint64_t>(1, plan->num / 1000);
  plan->write.durability = Durability::kDisk;
}
void Large(WorkPlan* plan) {
  if (plan->writes == plan->num) plan->writes = std::max<uint64_t>(1, plan->num / 1000);
  plan->num = std::max<uint64_t>(1, plan->num / 1000);
  plan->value_size = 100 * 1000;
}

constexpr Workload kWorkloads[] = {
    {.name = "fillseq", .run = FillSequential, .adjust = InOrder, .fresh_db = true},
    {.name = "fillbatch", .run = FillSequential, .adjust = InBatches, .fresh_db = true},
    {.name = "fillrandom", .run = FillRandom, .fresh_db = true},
    {.name = "filluniquerandom",
     .run = FillUnique,
     .adjust = InOrder,
     .fresh_db = true,
     .single = true},
    {.name = "fillsync", .run = FillRandom, .adjust = Synced, .fresh_db = true},
    {.name = "fill100K", .run = FillRandom, .adjust = Large, .fresh_db = true},
    {.name = "overwrite", .run = FillRandom},
    {.name = "deleteseq", .run = EraseSequential, .adjust = InOrder},
    {.name = "deleterandom", .run = EraseRandom},
};

}  // namespace

std::span<const Workload> FillWorkloads() { return kWorkloads; }

void WriteInBackground(Worker* worker) {
  const WorkPlan& plan = worker->plan();
  OpRecorder& recorder = worker->recorder();
  KeyMaker keys(plan.key_size);
  const uint64_t entry_bytes = plan.key_size + plan.value_size;
  while (!worker->shared().stopped() &&
         worker->shared().foreground_left.load(std::memory_order_acquire) > 0) {
    const Slice key = keys.Make(worker->random().Uniform(plan.num));
    if (!worker->Good("put", worker->db().Put(key, worker->values().Next(), plan.write))) return;
    recorder.AddBytes(entry_bytes);
    recorder.AddWritten(1, entry_bytes);
    recorder.Finished(1, OpKind::kWrite);
    worker->Pace(entry_bytes);
  }
}

}  // namespace treering::bench
