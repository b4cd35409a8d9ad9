// Workload: a little of everything on a real disk, that says in words what was wrong.
//
// Owner: the test.
// Threads: one.
// Invariants:
//   1. What Write acknowledged is what Check demands, after any end of the process that wrote.
#ifndef TREERING_TESTS_KERNEL_WORKLOAD_H_
#define TREERING_TESTS_KERNEL_WORKLOAD_H_

#include <memory>
#include <string>

#include "api/db.h"

namespace treering::testing {

class Workload {
 public:
  Workload(std::string path, IoBackend backend) : path_(std::move(path)), backend_(backend) {}

  // Each answers an empty text, or what was wrong.
  std::string Open();
  // `count` puts, every tenth durable, flushes and compactions between them. A refused write ends
  // it: see refused().
  std::string Write(int count);
  // Everything that was acknowledged is there, read both ways.
  std::string Check();
  std::string Close();
  // Opened, written, checked, closed, opened and checked again.
  std::string All(int count);

  DB* db() { return db_.get(); }
  const Runtime& runtime() const { return *runtime_; }
  // The first write, flush or compaction that was refused.
  const Status& refused() const { return refused_; }
  int acknowledged() const { return acknowledged_; }
  // For a check by another process than the one that wrote: at least so many are demanded.
  void SetAcknowledged(int count) { acknowledged_ = count; }
  // One of the Runtime's facts begins so.
  bool HasFact(const std::string& start) const;

 private:
  static std::string Key(int i) { return "key" + std::to_string(i); }
  static std::string Value(int i) {
    return std::to_string(i) + std::string(static_cast<size_t>(i * 37 % 3000), 'v');
  }

  const std::string path_;
  const IoBackend backend_;
  std::shared_ptr<Runtime> runtime_;
  std::unique_ptr<DB> db_;
  Status refused_;
  int acknowledged_ = 0;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_KERNEL_WORKLOAD_H_
