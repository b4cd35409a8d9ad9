#include "tests/kernel/workload.h"

#include <utility>

namespace treering::testing {

std::string Workload::Open() {
  db_.reset();
  RuntimeOptions runtime;
  runtime.memory_budget = 16 << 20;
  runtime.io_backend = backend_;
  auto made = Runtime::Create(runtime);
  if (!made.ok()) return "runtime: " + made.status().ToString();
  runtime_ = *std::move(made);
  Options options;
  options.create_if_missing = true;
  options.memtable_bytes = 256 << 10;
  options.table_bytes = 256 << 10;
  options.level0_trigger = 2;
  options.runtime = runtime_;
  auto opened = DB::Open(options, path_);
  if (!opened.ok()) return "open: " + opened.status().ToString();
  db_ = *std::move(opened);
  return "";
}

std::string Workload::Write(int count) {
  refused_ = Status::Ok();
  for (int i = 0; i < count; ++i) {
    const int next = acknowledged_;
    refused_ = db_->Put(Key(next), Value(next),
                        WriteOptions{next % 10 == 0 ? Durability::kDisk : Durability::kProcess});
    if (!refused_.ok()) return "";
    ++acknowledged_;
    if (next % 400 == 399) refused_ = db_->CompactRange(nullptr, nullptr);
    if (!refused_.ok()) return "";
  }
  return "";
}

std::string Workload::Check() {
  for (int i = 0; i < acknowledged_; ++i) {
    PinnedValue value;
    const Status status = db_->Get(Key(i), &value);
    if (!status.ok()) return "get " + Key(i) + ": " + status.ToString();
    if (value.ToString() != Value(i)) return Key(i) + " has another value";
  }
  int seen = 0;
  const auto it = db_->NewIterator();
  for (it->SeekToFirst(); it->Valid(); it->Next()) ++seen;
  if (!it->status().ok()) return "walk: " + it->status().ToString();
  // A write of unknown outcome may be there too.
  if (seen < acknowledged_ || seen > acknowledged_ + 1) {
    return std::to_string(seen) + " keys, not " + std::to_string(acknowledged_);
  }
  return "";
}

std::string Workload::Close() {
  const Status status = db_->Close();
  db_.reset();
  return status.ok() ? "" : "close: " + status.ToString();
}

std::string Workload::All(int count) {
  for (int round = 0; round < 2; ++round) {
    if (std::string wrong = Open(); !wrong.empty()) return wrong;
    if (std::string wrong = Check(); !wrong.empty()) return wrong;
    if (std::string wrong = Write(count); !wrong.empty()) return wrong;
    if (!refused_.ok()) return "write: " + refused_.ToString();
    if (std::string wrong = Check(); !wrong.empty()) return wrong;
    if (std::string wrong = Close(); !wrong.empty()) return wrong;
  }
  return "";
}

bool Workload::HasFact(const std::string& start) const {
  for (const std::string& fact : runtime_->Facts()) {
    if (fact.starts_with(start)) return true;
  }
  return false;
}

}  // namespace treering::testing
