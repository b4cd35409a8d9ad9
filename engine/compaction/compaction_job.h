// CompactionJob: carries a plan out: reads its inputs, merges, drops what nobody sees, writes
// outputs.
//
// Owner: a function; everything it is given outlives the call.
// Threads: the queue's own.
// Invariants:
//   1. Any damage or error in an input stops the job; no entry is skipped. Inputs stay as they are.
//   2. OK means that all outputs are durable, names included; nothing refers to them yet. Otherwise
//      nothing is left behind.
//   3. All inputs are read ahead together: several large reads in flight for each.
#ifndef TREERING_ENGINE_COMPACTION_COMPACTION_JOB_H_
#define TREERING_ENGINE_COMPACTION_COMPACTION_JOB_H_

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "engine/compaction/output_writer.h"
#include "engine/compaction/picker.h"
#include "engine/table/table_reader.h"

namespace treering::compaction {

struct CompactionInput {
  const CompactionPlan* plan = nullptr;
  std::shared_ptr<const manifest::Version> version;  // the one the plan was made from
  std::vector<key::Sequence> snapshots;              // ascending
  uint64_t table_bytes = 0;
  uint64_t grandparent_bytes_max = 0;
  std::function<Result<std::shared_ptr<table::Table>>(const manifest::TableRef&, io::Queue*)>
      open_table;
  // Set from another thread: the job ends soon, with Aborted.
  const std::atomic<bool>* stop = nullptr;
};

struct CompactionOutput {
  std::vector<manifest::TableMeta> tables;
  uint64_t entries_read = 0;
  uint64_t entries_dropped = 0;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
};

Result<CompactionOutput> RunCompaction(const JobEnv& env, io::Queue* queue,
                                       const CompactionInput& input);

}  // namespace treering::compaction

#endif  // TREERING_ENGINE_COMPACTION_COMPACTION_JOB_H_
