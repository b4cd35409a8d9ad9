// Oracle: the history of one writer, and what a database may hold after a crash.
//
// Owner: the test.
// Threads: one.
// Invariants:
//   1. Allowed content is the state after a prefix of the operations (I1, I2), at least as long as
//      the crash's durability demands (I3, I7) and at most all that were issued.
//   2. Once a recovery has shown its prefix, later recoveries without new writes must show the same
//      (I4).
#ifndef TREERING_TESTS_SUPPORT_ORACLE_H_
#define TREERING_TESTS_SUPPORT_ORACLE_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/durability.h"
#include "api/write_batch.h"

namespace treering::testing {

using Content = std::map<std::string, std::string>;

class Oracle {
 public:
  // One change of a key: a value, or a deletion.
  using Change = std::pair<std::string, std::optional<std::string>>;

  // Notes a batch that is about to be written; returns its index.
  size_t Begin(std::vector<Change> changes, Durability durability);
  // The batch was acknowledged, before the crash.
  void Acknowledge(size_t index);
  // The batch was refused before it had any effect.
  void Refuse(size_t index);

  // The state after every operation so far.
  Content Expected() const { return StateAfter(batches_.size()); }
  Content StateAfter(size_t count) const;
  size_t count() const { return batches_.size(); }

  // How many batches must be there after a close that answered OK, after the death of the process,
  // and after power loss.
  size_t RequiredAfterClose() const;
  size_t RequiredAfterKill() const;
  size_t RequiredAfterPowerLoss() const;

  // Empty when `content` is allowed, with the prefix kept as the history from now on; else what is
  // wrong. `required` is one of the two above.
  std::string CheckAndSettle(const Content& content, size_t required);

  static WriteBatch ToBatch(const std::vector<Change>& changes);

 private:
  struct Batch {
    std::vector<Change> changes;
    Durability durability;
    bool acknowledged = false;
  };
  size_t RequiredAtLeast(Durability durability) const;

  std::vector<Batch> batches_;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_SUPPORT_ORACLE_H_
