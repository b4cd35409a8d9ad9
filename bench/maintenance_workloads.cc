// The benchmarks that are one call each: compaction, flush, verification.
#include "bench/workloads.h"

namespace treering::bench {
namespace {

void Once(Worker* worker, const char* what, const Status& status) {
  if (worker->Good(what, status)) worker->recorder().Finished(1, OpKind::kOther);
}

void Compact(Worker* worker) {
  Once(worker, "compact", worker->db().CompactRange(nullptr, nullptr));
}
void Flush(Worker* worker) { Once(worker, "flush", worker->db().Flush()); }
void WaitForCompaction(Worker* worker) {
  Once(worker, "waitforcompaction", worker->db().WaitForCompaction());
}

void VerifyChecksums(Worker* worker) {
  Result<VerifyReport> report = worker->db().Verify();
  if (!worker->Good("verifychecksum", report.status())) return;
  for (const Status& problem : report->problems) worker->Good("verifychecksum", problem);
  worker->recorder().AddBytes(report->bytes);
  worker->recorder().Finished(1, OpKind::kOther);
}

constexpr Workload kWorkloads[] = {
    {.name = "compact", .run = Compact, .single = true},
    {.name = "flush", .run = Flush, .single = true},
    {.name = "waitforcompaction", .run = WaitForCompaction, .single = true},
    {.name = "verifychecksum", .run = VerifyChecksums, .single = true},
};

}  // namespace

std::span<const Workload> MaintenanceWorkloads() { return kWorkloads; }

}  // namespace treering::bench
