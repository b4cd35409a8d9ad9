// The benchmarks that iterate.
#include "bench/workloads.h"

namespace treering::bench {
namespace {

void ReadSequential(Worker* worker) {
  const std::unique_ptr<Iterator> iterator = worker->db().NewIterator();
  for (iterator->SeekToFirst(); iterator->Valid() && worker->Take(1, worker->plan().reads) != 0;
       iterator->Next()) {
    worker->recorder().AddBytes(iterator->key().size() + iterator->value().size());
    worker->recorder().Finished(1, OpKind::kRead);
  }
  worker->Good("iterator", iterator->status());
}

void ReadReverse(Worker* worker) {
  const std::unique_ptr<Iterator> iterator = worker->db().NewIterator();
  for (iterator->SeekToLast(); iterator->Valid() && worker->Take(1, worker->plan().reads) != 0;
       iterator->Prev()) {
    worker->recorder().AddBytes(iterator->key().size() + iterator->value().size());
    worker->recorder().Finished(1, OpKind::kRead);
  }
  worker->Good("iterator", iterator->status());
}

void NewIterators(Worker* worker) {
  while (worker->Take(1, worker->plan().reads) != 0) {
    const std::unique_ptr<Iterator> iterator = worker->db().NewIterator();
    if (!worker->Good("iterator", iterator->status())) return;
    worker->recorder().Finished(1, OpKind::kOther);
  }
}

// Iterators begin and end by count, as RocksDB's do.
void ByCount(WorkPlan* plan) { plan->duration_seconds = 0; }

constexpr Workload kWorkloads[] = {
    {.name = "readseq", .run = ReadSequential, .adjust = ByCount},
    {.name = "readreverse", .run = ReadReverse, .adjust = ByCount},
    {.name = "seekrandom", .run = SeekRandom},
    {.name = "newiterator", .run = NewIterators},
};

}  // namespace

void SeekRandom(Worker* worker) {
  const WorkPlan& plan = worker->plan();
  OpRecorder& recorder = worker->recorder();
  KeyMaker keys(plan.key_size);
  while (worker->Take(1, plan.reads) != 0) {
    const Slice key = keys.Make(worker->random().Uniform(plan.num));
    const std::unique_ptr<Iterator> iterator = worker->db().NewIterator();
    iterator->Seek(key);
    recorder.AddLookups(iterator->Valid() && iterator->key() == key ? 1 : 0, 1);
    for (uint64_t step = 0; step < plan.seek_nexts && iterator->Valid(); ++step) {
      recorder.AddBytes(iterator->key().size() + iterator->value().size());
      plan.reverse_iterator ? iterator->Prev() : iterator->Next();
    }
    if (!worker->Good("iterator", iterator->status())) return;
    recorder.Finished(1, OpKind::kSeek);
  }
}

std::span<const Workload> ScanWorkloads() { return kWorkloads; }

}  // namespace treering::bench
