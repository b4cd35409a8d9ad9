#include "bench/bench_session.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "bench/header.h"
#include "bench/stats_text.h"
#include "engine/base/clock.h"

namespace treering::bench {
namespace {

constexpr std::string_view kPrinted[] = {"stats", "levelstats", "sstables"};

std::vector<std::string> SplitNames(const std::string& list) {
  std::vector<std::string> names;
  for (size_t from = 0; from <= list.size();) {
    const size_t comma = std::min(list.find(',', from), list.size());
    if (comma > from) names.push_back(list.substr(from, comma - from));
    from = comma + 1;
  }
  return names;
}

bool IsPrinted(const std::string& name) {
  return std::find(std::begin(kPrinted), std::end(kPrinted), name) != std::end(kPrinted);
}

uint64_t CountOr(int64_t count, uint64_t otherwise) {
  return count < 0 ? otherwise : static_cast<uint64_t>(count);
}

}  // namespace

BenchSession::BenchSession(const BenchFlags& flags, Settings settings)
    : flags_(flags), settings_(std::move(settings)) {}

Status BenchSession::CheckNames() {
  names_ = SplitNames(flags_.benchmarks);
  for (const std::string& name : names_) {
    if (IsPrinted(name)) continue;
    const Workload* const workload = FindWorkload(name);
    if (workload == nullptr) {
      return Status::InvalidArgument("unknown benchmark '" + name + "'; --help lists them");
    }
    if (settings_.options.log == LogMode::kOff &&
        PlanFor(*workload).write.durability == Durability::kDisk) {
      return Status::InvalidArgument(name + " syncs each write, which needs the log that is off");
    }
  }
  return Status::Ok();
}

std::string BenchSession::KeepingFlag() const {
  if (flags_.use_existing_db) return "--use_existing_db";
  return flags_.readonly ? "--readonly" : "";
}

Status BenchSession::Start() {
  seed_ = static_cast<uint64_t>(flags_.seed);
  if (seed_ == 0) seed_ = base::SystemClock()->WallMicros();
  Result<std::shared_ptr<Runtime>> runtime = Runtime::Create(settings_.runtime);
  if (!runtime.ok()) return NameFlag(settings_, runtime.status());
  runtime_ = std::move(*runtime);
  settings_.options.runtime = runtime_;
  reporter_ = std::make_unique<IntervalReporter>(
      static_cast<uint64_t>(flags_.report_interval_seconds), flags_.report_file,
      static_cast<uint64_t>(flags_.stats_interval_seconds));
  if (Status status = reporter_->Start(); !status.ok()) return status;
  if (!KeepingFlag().empty()) return OpenDb();
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(flags_.db).parent_path(), error);
  return OpenFreshDb();
}

Status BenchSession::OpenDb() {
  Result<std::unique_ptr<DB>> db = DB::Open(settings_.options, flags_.db);
  if (!db.ok()) return db.status();
  db_ = std::move(*db);
  opened_nanos_ = base::SystemClock()->NowNanos();
  writes_since_open_ = 0;
  keys_since_open_ = 0;
  bytes_since_open_ = 0;
  return Status::Ok();
}

Status BenchSession::OpenFreshDb() {
  if (!KeepingFlag().empty()) return Status::Failed(KeepingFlag() + " keeps what is there");
  if (Status status = CloseDb(); !status.ok()) return status;
  if (Status status = DB::Destroy(flags_.db, settings_.options); !status.ok()) return status;
  return OpenDb();
}

Status BenchSession::CloseDb() {
  if (db_ == nullptr) return Status::Ok();
  const Status status = db_->Close();
  db_ = nullptr;
  return status;
}

void BenchSession::PrintHeader() {
  std::string options;
  db_->GetProperty("treering.options", &options);
  const HeaderLines lines = MakeHeader(flags_, options, *runtime_, seed_);
  std::fputs(HeaderText(lines).c_str(), stdout);
  std::fflush(stdout);
  for (const auto& [name, value] : lines) json_.AddHeader(name, value);
}

WorkPlan BenchSession::PlanFor(const Workload& workload) {
  WorkPlan plan;
  plan.num = static_cast<uint64_t>(flags_.num);
  plan.reads = CountOr(flags_.reads, plan.num);
  plan.writes = CountOr(flags_.writes, plan.num);
  plan.deletes = CountOr(flags_.deletes, plan.num);
  plan.key_size = static_cast<uint64_t>(flags_.key_size);
  plan.value_size = static_cast<uint64_t>(flags_.value_size);
  plan.batch_size = static_cast<uint64_t>(flags_.batch_size);
  plan.duration_seconds = static_cast<uint64_t>(flags_.duration);
  plan.seek_nexts = static_cast<uint64_t>(flags_.seek_nexts);
  plan.read_percent = static_cast<uint64_t>(flags_.readwritepercent);
  plan.write_bytes_per_second = flags_.benchmark_write_rate_limit;
  plan.reverse_iterator = flags_.reverse_iterator;
  plan.threads = workload.single ? 1 : flags_.threads;
  plan.db_path = flags_.db;
  plan.options = &settings_.options;
  plan.reopen = [this] {
    Status status = CloseDb();
    return status.ok() ? OpenDb() : status;
  };
  if (flags_.reads >= 0) plan.repeats = static_cast<uint64_t>(flags_.reads);
  if (workload.adjust != nullptr) workload.adjust(&plan);
  return plan;
}

Status BenchSession::RunWorkloadNamed(const Workload& workload) {
  if (workload.fresh_db) {
    if (const std::string flag = KeepingFlag(); !flag.empty()) {
      std::printf("%-12s : skipped (%s is true)\n", std::string(workload.name).c_str(),
                  flag.c_str());
      return Status::Ok();
    }
    if (Status status = OpenFreshDb(); !status.ok()) return status;
  }
  const WorkPlan plan = PlanFor(workload);
  const ValueBytes values(seed_, flags_.compression_ratio, plan.value_size);
  const RunSettings run = {seed_ + threads_so_far_, flags_.histogram,
                           static_cast<uint64_t>(flags_.stats_interval),
                           flags_.benchmark_read_rate_limit};
  threads_so_far_ += static_cast<uint64_t>(plan.threads) + 1;
  const RunResult result = RunWorkload(workload, plan, run, db_.get(), values, reporter_.get());
  if (!result.error.empty())
    return Status::Failed(std::string(workload.name) + ": " + result.error);
  PrintResult(result);
  for (const Outcome* part : {&result.outcome, &result.writer}) {
    writes_since_open_ += part->write_calls;
    keys_since_open_ += part->entries_written;
    bytes_since_open_ += part->bytes_written;
  }
  json_.AddResult(result, plan, StatsJson());
  return Status::Ok();
}

std::string BenchSession::StatsJson() {
  std::string json;
  return db_->GetProperty("treering.stats.json", &json) ? json : "";
}

void BenchSession::PrintResult(const RunResult& result) {
  const Outcome& outcome = result.outcome;
  std::string text = ResultLine(outcome);
  for (size_t kind = 0; kind < kOpKindCount; ++kind) {
    if (result.histograms[kind] == nullptr) continue;
    text += HistogramBlock(kOpKindWords[kind], *result.histograms[kind]);
  }
  text += CostLine(result.cost, outcome.operations);
  if (result.has_writer) text += "  " + ResultLine(result.writer);
  if (outcome.name == "rawsync") raw_sync_ops_per_second_ = OpsPerSecond(outcome);
  if (outcome.name == "fillsync" && raw_sync_ops_per_second_ != 0) {
    text += LimitLine(OpsPerSecond(outcome), raw_sync_ops_per_second_);
  }
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

bool BenchSession::PrintProperty(const std::string& name, Status* status) {
  if (!IsPrinted(name)) return false;
  const double uptime = static_cast<double>(base::SystemClock()->NowNanos() - opened_nanos_) / 1e9;
  Result<std::string> text = std::string();
  if (name == "stats") {
    text =
        StatsText(StatsJson(), {uptime, writes_since_open_, keys_since_open_, bytes_since_open_});
  } else if (name == "levelstats") {
    text = LevelStatsText(StatsJson());
  } else if (!db_->GetProperty("treering.sstables", &*text)) {
    text = Status::Failed("treering.sstables is missing");
  }
  *status = text.status();
  if (text.ok()) std::printf("%s\n", text->c_str());
  std::fflush(stdout);
  return true;
}

Status BenchSession::RunOne(const std::string& name) {
  Status status;
  if (PrintProperty(name, &status)) return status;
  return RunWorkloadNamed(*FindWorkload(name));
}

Status BenchSession::Run() {
  if (Status status = CheckNames(); !status.ok()) return status;
  if (!flags_.json.empty()) {
    if (Status status = json_.Open(flags_.json); !status.ok()) return status;
  }
  const Status status = RunAll();
  if (!status.ok()) json_.SetError(status.ToString());
  const Status written = json_.Write();
  return status.ok() ? written : status;
}

Status BenchSession::RunAll() {
  if (Status status = Start(); !status.ok()) return status;
  PrintHeader();
  for (const std::string& name : names_) {
    if (Status status = RunOne(name); !status.ok()) return status;
  }
  if (flags_.statistics) {
    std::string text;
    if (db_->GetProperty("treering.stats", &text)) std::printf("STATISTICS:\n%s\n", text.c_str());
  }
  return CloseDb();
}

}  // namespace treering::bench
