#include "bench/runner.h"

#include <algorithm>
#include <vector>

namespace treering::bench {
namespace {

// Holds the workers until the last one is there.
class StartLine {
 public:
  void Wait() {
    base::MutexLock lock(&mutex_);
    while (!open_) opened_.Wait(&mutex_);
  }
  void Open() {
    base::MutexLock lock(&mutex_);
    open_ = true;
    opened_.NotifyAll();
  }

 private:
  base::Mutex mutex_;
  base::CondVar opened_;
  bool open_ = false;
};

using Workers = std::vector<std::unique_ptr<Worker>>;

void Work(const Workload& workload, Worker* worker, bool is_writer, StartLine* line) {
  line->Wait();
  worker->recorder().Start();
  if (is_writer) {
    WriteInBackground(worker);
  } else {
    workload.run(worker);
    worker->shared().foreground_left.fetch_sub(1, std::memory_order_release);
  }
  worker->recorder().Stop();
}

Outcome AddUp(const std::string& name, const Workers& workers, size_t from, size_t to) {
  Outcome outcome;
  outcome.name = name;
  uint64_t start = UINT64_MAX;
  uint64_t stop = 0;
  uint64_t found = 0;
  uint64_t asked = 0;
  for (size_t i = from; i < to; ++i) {
    const OpRecorder& recorder = workers[i]->recorder();
    outcome.operations += recorder.done();
    outcome.bytes += recorder.bytes();
    outcome.write_calls += recorder.write_calls();
    outcome.entries_written += recorder.entries_written();
    outcome.bytes_written += recorder.bytes_written();
    outcome.thread_seconds +=
        static_cast<double>(recorder.stop_nanos() - recorder.start_nanos()) / 1e9;
    start = std::min(start, recorder.start_nanos());
    stop = std::max(stop, recorder.stop_nanos());
    found += recorder.found();
    asked += recorder.asked();
  }
  outcome.seconds = static_cast<double>(stop - start) / 1e9;
  if (asked != 0) {
    outcome.message = "(" + std::to_string(found) + " of " + std::to_string(asked) + " found)";
  }
  return outcome;
}

ProcessCost CostOf(const Workers& workers, size_t count) {
  const OpRecorder* first = &workers[0]->recorder();
  const OpRecorder* last = first;
  for (size_t i = 1; i < count; ++i) {
    const OpRecorder* const one = &workers[i]->recorder();
    if (one->start_nanos() < first->start_nanos()) first = one;
    if (one->stop_nanos() > last->stop_nanos()) last = one;
  }
  return last->stop_cost() - first->start_cost();
}

void MergeHistograms(const Workers& workers, size_t count, RunResult* result) {
  for (size_t kind = 0; kind < kOpKindCount; ++kind) {
    for (size_t i = 0; i < count; ++i) {
      const base::Histogram* const one =
          workers[i]->recorder().histogram(static_cast<OpKind>(kind));
      if (one == nullptr) continue;
      if (result->histograms[kind] == nullptr) {
        result->histograms[kind] = std::make_unique<base::Histogram>();
      }
      result->histograms[kind]->Merge(*one);
    }
  }
}

}  // namespace

RunResult RunWorkload(const Workload& workload, const WorkPlan& plan, const RunSettings& settings,
                      DB* db, const ValueBytes& values, IntervalReporter* reporter) {
  const size_t foreground = static_cast<size_t>(plan.threads);
  const size_t total = foreground + (workload.background_writer ? 1 : 0);
  WorkShared shared;
  shared.foreground_left.store(plan.threads);
  // A writer beside others has the whole rate for itself.
  WorkPlan writer_plan = plan;
  writer_plan.threads = 1;
  Workers workers;
  std::vector<const OpRecorder*> recorders;
  for (size_t i = 0; i < total; ++i) {
    const bool is_writer = i >= foreground;
    workers.push_back(std::make_unique<Worker>(static_cast<int>(i), settings.seed + i,
                                               is_writer ? writer_plan : plan, db, values, &shared,
                                               settings.with_histograms, settings.report_every));
    if (is_writer) continue;
    OpRecorder& recorder = workers.back()->recorder();
    recorder.LimitReads(static_cast<double>(settings.reads_per_second) / plan.threads);
    recorders.push_back(&recorder);
  }
  StartLine line;
  std::vector<base::Thread> threads(total);
  RunResult result;
  for (size_t i = 0; i < total; ++i) {
    const Status status = base::Thread::Start(
        "bench-" + std::to_string(i),
        [&, i] { Work(workload, workers[i].get(), i >= foreground, &line); }, &threads[i]);
    if (!status.ok()) shared.Fail("thread", status);  // those that run see it and end
  }
  reporter->BeginRun(recorders);
  line.Open();
  for (base::Thread& thread : threads) {
    if (thread.joinable()) thread.Join();
  }
  reporter->EndRun();
  result.error = shared.error();
  result.outcome = AddUp(std::string(workload.name), workers, 0, foreground);
  result.has_writer = workload.background_writer;
  if (result.has_writer) result.writer = AddUp("writer", workers, foreground, total);
  result.cost = CostOf(workers, foreground);
  MergeHistograms(workers, foreground, &result);
  return result;
}

}  // namespace treering::bench
