// Histories: what several writers wrote side by side, and what a database may hold afterwards.
//
// Each writer has keys of its own, so that the commit order between writers need not be known: a
// prefix of it is a prefix of each writer's history. What the order says beyond that is kept as
// floors: an acknowledgement covers everything that was acknowledged before its write began (I7).
//
// Owner: the test.
// Threads: any, simulated or ordinary.
// Invariants:
//   1. A batch counts as acknowledged when its writer was told so, or when a reader has seen it
//      (I5).
//   2. Keys of writer n begin with "wn/"; its key "wn/count" holds the index of its latest batch.
#ifndef TREERING_TESTS_SUPPORT_HISTORIES_H_
#define TREERING_TESTS_SUPPORT_HISTORIES_H_

#include <array>
#include <string>
#include <vector>

#include "engine/base/thread.h"
#include "tests/support/oracle.h"

namespace treering::testing {

enum class Ending : uint8_t { kClose, kKill, kPowerLoss };

class Histories {
 public:
  explicit Histories(size_t writers);

  size_t writers() const { return writers_.size(); }
  static std::string Prefix(size_t writer) { return "w" + std::to_string(writer) + "/"; }

  // A batch that is about to be written; the count is added to `changes`. Returns its index.
  size_t Begin(size_t writer, std::vector<Oracle::Change>* changes, Durability durability);
  void Acknowledge(size_t writer, size_t index);
  // The batch was refused before it had any effect.
  void Refuse(size_t writer, size_t index);
  // What the writer's keys hold after every batch of its that was not refused.
  Content Expected(size_t writer);
  // A reader saw this value under the writer's "count", before any crash.
  void Seen(size_t writer, const std::string& count);

  // Empty when `content` is what this ending may leave; the histories go on from there.
  std::string CheckAndSettle(const Content& content, Ending ending);
  // The same after damage that the promise does not cover: any prefix of each writer's history.
  std::string CheckAndSettleAny(const Content& content);

 private:
  static constexpr size_t kEndings = 3;
  using Floors = std::array<std::vector<size_t>, kEndings>;  // by ending, then by writer

  struct Batch {
    Durability durability;
    // Batches of each writer that were acknowledged when this one began.
    std::vector<size_t> acknowledged_before;
  };
  struct Writer {
    Oracle oracle;
    std::vector<Batch> batches;
    size_t acknowledged = 0;  // batches in a row
  };

  void Note(size_t writer, size_t index);
  std::string Settle(const Content& content, const std::vector<size_t>& floors);

  base::Mutex mutex_;
  std::vector<Writer> writers_;
  Floors floors_;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_SUPPORT_HISTORIES_H_
