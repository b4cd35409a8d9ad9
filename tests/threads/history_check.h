// CheckHistory: whether what threads saw of a map is what one order of their operations explains.
//
// Every operation is known with the time at which it was called and the time at which it answered;
// it took effect at some moment between. Every value is written once, so a value read names its
// write. Checked are, without searching for the order:
//   - each key as a register (the zones of Gibbons and Korach, "Testing shared memories", 1997):
//     between the first answer and the last call that concern a value no other value may have been
//     the key's, nor may it have been deleted;
//   - reads that found nothing: an absence, from the beginning or a deletion, that was not over;
//   - batches: a view that shows one key of a batch shows the others as well, or what came later;
//   - views of several keys (snapshots, iterators): none is older than another by one key and newer
//     by another; one shows one value a key; snapshots' numbers grow with time, and the same number
//     shows the same.
//
// Owner: nobody; values in, words out.
// Threads: plain functions.
// Invariants:
//   1. Sound: a history that some order explains is never blamed. Exact for one key without
//      deletions.
#ifndef TREERING_TESTS_THREADS_HISTORY_CHECK_H_
#define TREERING_TESTS_THREADS_HISTORY_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace treering::testing {

// When an operation was called and when it answered; the latter kNever where nobody knows.
struct Interval {
  static constexpr uint64_t kNever = UINT64_MAX;
  uint64_t called = 0;
  uint64_t answered = kNever;
};

// A key and its value; none: deleted, or not found.
using KeyValue = std::pair<std::string, std::optional<std::string>>;

// A batch.
struct WriteEvent {
  Interval when;
  std::vector<KeyValue> changes;
};

// Keys read at one moment: by a Get, or through a snapshot or an iterator that was made then.
struct ViewEvent {
  Interval when;
  std::vector<KeyValue> found;
  std::optional<uint64_t> number;  // of a snapshot
};

struct History {
  std::vector<WriteEvent> writes;
  std::vector<ViewEvent> views;
};

// Empty, or what no order explains. Keys are absent at the beginning.
std::string CheckHistory(const History& history);

}  // namespace treering::testing

#endif  // TREERING_TESTS_THREADS_HISTORY_CHECK_H_
