#include "engine/compaction/compaction_job.h"

#include <algorithm>
#include <utility>

#include "engine/compaction/drop_rule.h"
#include "engine/compaction/splitter.h"
#include "engine/key/merging_iterator.h"
#include "engine/table/table_scan.h"

namespace treering::compaction {
namespace {

// Entries between two looks at `stop`.
constexpr uint64_t kStopEvery = 4096;
constexpr uint32_t kExtentBytes = 256u << 10;
constexpr size_t kTablesOpen = 2;  // of a sorted level: the present one and the next
constexpr uint32_t kReadsPerInputMin = 2;
constexpr uint32_t kReadsPerInputMax = 12;

using Children = std::vector<std::unique_ptr<key::InternalIterator>>;

Status AddScan(const manifest::TableRef& table, const JobEnv& env, io::Queue* queue,
               const CompactionInput& input, uint32_t depth, table::ReadBurst* burst,
               Children* children) {
  auto opened = input.open_table(table, queue);
  if (!opened.ok()) return opened.status();
  table::TableScanOptions options;
  options.extent_bytes = kExtentBytes;
  options.depth = depth;
  options.burst = burst;
  children->push_back(table::NewTableScan(*std::move(opened), queue, env.buffers, options));
  return Status::Ok();
}

// One table after another of a sorted, non-overlapping level; the next is opened and its reads are
// started while the one before is merged.
class LevelScan final : public key::InternalIterator {
 public:
  LevelScan(const std::vector<manifest::TableRef>* tables, const JobEnv* env, io::Queue* queue,
            const CompactionInput* input, uint32_t depth, table::ReadBurst* burst)
      : tables_(tables), env_(env), queue_(queue), input_(input), depth_(depth), burst_(burst) {}

  bool Valid() const override { return status_.ok() && !scans_.empty() && scans_.front()->Valid(); }
  void SeekToFirst() override {
    if (opened_ == 0) Open();
    if (!scans_.empty()) scans_.front()->SeekToFirst();
    Settle();
  }
  void PrepareSeek(const Slice&) override {
    if (opened_ == 0) Open();
  }
  void Next() override {
    scans_.front()->Next();
    if (!scans_.front()->Valid()) Settle();
  }
  Slice key() const override { return scans_.front()->key(); }
  Slice value() const override { return scans_.front()->value(); }
  Status status() const override {
    if (!status_.ok()) return status_;
    return scans_.empty() ? Status::Ok() : scans_.front()->status();
  }

  // A compaction reads its inputs once, from the front.
  void Seek(const Slice&) override { Refuse(); }
  void SeekToLast() override { Refuse(); }
  void SeekForPrev(const Slice&) override { Refuse(); }
  void Prev() override { Refuse(); }

 private:
  void Refuse() { status_ = Status::InvalidArgument("a compaction's input is read forwards only"); }

  // Keeps the present and the next table open, their reads under way.
  void Open() {
    while (status_.ok() && scans_.size() < kTablesOpen && opened_ < tables_->size()) {
      status_ = AddScan((*tables_)[opened_++], *env_, queue_, *input_, depth_, burst_, &scans_);
      if (status_.ok()) scans_.back()->PrepareSeek(Slice());
    }
  }
  // Goes on to the next table while the present one is at its end.
  void Settle() {
    while (status_.ok() && !scans_.empty() && !scans_.front()->Valid()) {
      if (!scans_.front()->status().ok()) return;
      scans_.erase(scans_.begin());
      Open();
      if (!scans_.empty()) scans_.front()->SeekToFirst();
    }
  }

  const std::vector<manifest::TableRef>* const tables_;
  const JobEnv* const env_;
  io::Queue* const queue_;
  const CompactionInput* const input_;
  const uint32_t depth_;
  table::ReadBurst* const burst_;
  size_t opened_ = 0;
  Children scans_;
  Status status_;
};

Status OpenInputs(const JobEnv& env, io::Queue* queue, const CompactionInput& input,
                  table::ReadBurst* burst, Children* children) {
  const CompactionPlan& plan = *input.plan;
  const bool from_level0 = plan.input_level == 0;
  const size_t streams = (from_level0 ? plan.inputs.size() : kTablesOpen) +
                         (plan.output_inputs.empty() ? 0 : kTablesOpen);
  const uint64_t reads_total = env.read_ahead_bytes / kExtentBytes;
  const auto depth = static_cast<uint32_t>(std::clamp<uint64_t>(
      reads_total / std::max<size_t>(streams, 1), kReadsPerInputMin, kReadsPerInputMax));
  if (from_level0) {
    for (const manifest::TableRef& table : plan.inputs) {
      if (Status status = AddScan(table, env, queue, input, depth, burst, children); !status.ok())
        return status;
    }
  } else {
    children->push_back(
        std::make_unique<LevelScan>(&plan.inputs, &env, queue, &input, depth, burst));
  }
  if (!plan.output_inputs.empty()) {
    children->push_back(
        std::make_unique<LevelScan>(&plan.output_inputs, &env, queue, &input, depth, burst));
  }
  return Status::Ok();
}

Status Merge(key::InternalIterator* merge, const CompactionInput& input, DropRule* drop,
             OutputSplitter* splitter, OutputWriter* out, CompactionOutput* result) {
  merge->PrepareSeek(Slice());
  for (merge->SeekToFirst(); merge->Valid(); merge->Next()) {
    if (++result->entries_read % kStopEvery == 0 && input.stop->load(std::memory_order_relaxed)) {
      return Status::Aborted("the database is closing");
    }
    const Slice key = merge->key();
    if (drop->Drop(key)) {
      ++result->entries_dropped;
      continue;
    }
    if (splitter->CutBefore(key::UserKey(key), out->table_bytes())) {
      if (Status status = out->Cut(); !status.ok()) return status;
    }
    if (Status status = out->Add(key, merge->value()); !status.ok()) return status;
  }
  return merge->status();
}

}  // namespace

Result<CompactionOutput> RunCompaction(const JobEnv& env, io::Queue* queue,
                                       const CompactionInput& input) {
  const CompactionPlan& plan = *input.plan;
  CompactionOutput result;
  result.bytes_read = plan.input_bytes;
  table::ReadBurst burst;
  Children children;
  if (Status status = OpenInputs(env, queue, input, &burst, &children); !status.ok()) return status;
  const auto merge = key::NewMergingIterator(env.order, std::move(children));

  DeeperLevels deeper(input.version, plan.output_level);
  DropRule drop(input.snapshots, env.order, &deeper);
  OutputSplitter splitter({input.table_bytes, input.grandparent_bytes_max}, env.order,
                          plan.grandparents);
  OutputWriter out(env, queue, plan.output_level,
                   std::min(plan.input_bytes, input.table_bytes) * 17 / 16);
  if (Status status = Merge(merge.get(), input, &drop, &splitter, &out, &result); !status.ok())
    return status;

  auto tables = out.Finish();
  if (!tables.ok()) return tables.status();
  for (const manifest::TableMeta& table : *tables) result.bytes_written += table.bytes;
  result.tables = *std::move(tables);
  return result;
}

}  // namespace treering::compaction
