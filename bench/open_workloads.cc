// The benchmarks that open a database: one that was closed, and one whose process died.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/workloads.h"

namespace treering::bench {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kOpensUsual = 100;

// The session's own database, closed and opened again and again.
void Open(Worker* worker) {
  const uint64_t count = worker->plan().repeats.value_or(kOpensUsual);
  while (worker->Take(1, count) != 0) {
    if (!worker->Good("open", worker->plan().reopen())) return;
    worker->recorder().Finished(1, OpKind::kOther);
  }
}

Status SyncPath(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool ok = fd >= 0 && fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  return ok ? Status::Ok() : Status::IoError(path + ": fsync: " + std::strerror(error));
}

// A folder that goes away with it.
class Copy {
 public:
  explicit Copy(std::string path) : path_(std::move(path)) {}
  ~Copy() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

  // The files of `from` as they are now, on the disk and not only in the kernel's cache. What a
  // file names is copied after it: the manifest before the log.
  Status Make(const std::string& from) {
    std::error_code error;
    fs::create_directory(path_, error);
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(from, error)) {
      names.push_back(entry.path().filename());
    }
    if (error) return Status::IoError(path_ + ": copy of " + from + ": " + error.message());
    std::sort(names.rbegin(), names.rend());
    for (const std::string& name : names) {
      if (!fs::copy_file(from + "/" + name, path_ + "/" + name, error)) {
        return Status::IoError(path_ + "/" + name + ": copy: " + error.message());
      }
      if (Status status = SyncPath(path_ + "/" + name); !status.ok()) return status;
    }
    return SyncPath(path_);
  }

 private:
  const std::string path_;
};

// What the open put back from log and tail.
uint64_t BytesRecovered(DB* db) {
  std::string text;
  if (!db->GetProperty("treering.stats.json", &text)) return 0;
  const auto stats = nlohmann::json::parse(text, nullptr, false);
  const auto recovery = stats.find("recovery");
  return recovery == stats.end() ? 0 : recovery->value("payload_bytes", uint64_t{0});
}

// Opens a copy of the database's files as a crash would leave them at this moment. The time is the
// open's; the rate is that of the log's payload.
void Recover(Worker* worker) {
  const WorkPlan& plan = worker->plan();
  Copy copy(plan.db_path + ".recover." + std::to_string(getpid()));
  Status status = worker->db().WaitForCompaction();
  if (status.ok()) status = copy.Make(plan.db_path);
  if (!worker->Good("recover", status)) return;
  Options options = *plan.options;
  options.create_if_missing = false;
  options.error_if_exists = false;
  worker->recorder().Start();  // the copying is not measured
  auto opened = DB::Open(options, copy.path());
  worker->recorder().Stop();
  if (!worker->Good("recover", opened.status())) return;
  worker->recorder().AddBytes(BytesRecovered(opened->get()));
  worker->recorder().Finished(1, OpKind::kOther);
  worker->Good("recover", (*opened)->Close());
}

constexpr Workload kWorkloads[] = {
    {.name = "open", .run = Open, .single = true},
    {.name = "recover", .run = Recover, .single = true},
};

}  // namespace

std::span<const Workload> OpenWorkloads() { return kWorkloads; }

}  // namespace treering::bench
