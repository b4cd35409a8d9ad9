// History: what a database answers to a sequence of operations, as text.
//
// Owner: the test.
// Threads: one.
// Invariants:
//   1. Two right databases give the same text, whatever their options, driver and background work.
#ifndef TREERING_TESTS_MODEL_HISTORY_H_
#define TREERING_TESTS_MODEL_HISTORY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/db.h"
#include "tests/model/operations.h"

namespace treering::testing {

// How the operations are carried out.
struct Manner {
  std::string name;
  Options options;             // create_if_missing; the runtime comes with Open
  bool split_batches = false;  // a write for each record
  bool get_by_seek = false;
  bool fill_cache = true;
};

class History {
 public:
  // `open` opens the database anew, whatever was open before having been closed.
  History(const Manner& manner, std::function<Result<std::unique_ptr<DB>>()> open)
      : manner_(manner), open_(std::move(open)) {}

  // A line for each operation, and the whole content at the end.
  std::vector<std::string> Run(const Operations& operations);

 private:
  std::string Carry(const Operation& operation);
  std::string Write(const Operation& operation);
  std::string Get(const std::string& key, const Snapshot* snapshot);
  std::string Seek(const std::string& key, bool backwards);
  std::string Scan(const Operation& operation, bool backwards, const Snapshot* snapshot);
  std::string MoveIterator(const Operation& operation);
  std::string Compact(const Operation& operation, bool all);
  std::string Reopen();

  const Manner& manner_;
  const std::function<Result<std::unique_ptr<DB>>()> open_;
  std::unique_ptr<DB> db_;
  std::unique_ptr<Snapshot> snapshot_;
  std::unique_ptr<Iterator> iterator_;
};

// The same without a database: what is right.
std::vector<std::string> RightHistory(const Operations& operations);

}  // namespace treering::testing

#endif  // TREERING_TESTS_MODEL_HISTORY_H_
