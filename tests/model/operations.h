// Operations: what a history is made of, drawn from a seed, and printed so that a test can be made
// of it.
//
// Owner: values.
// Threads: plain values.
// Invariants:
//   1. Any part of a sequence is a sequence: an operation whose snapshot or iterator is not there
//      does nothing.
#ifndef TREERING_TESTS_MODEL_OPERATIONS_H_
#define TREERING_TESTS_MODEL_OPERATIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace treering::testing {

enum class OperationKind : uint8_t {
  kPut,
  kPutLarge,
  kDelete,
  kBatch,
  kEmptyBatch,
  kGet,
  kGetMissing,
  kMultiGet,
  kSeek,
  kSeekForPrev,
  kScan,
  kScanBack,
  kTakeSnapshot,
  kGetAtSnapshot,
  kScanAtSnapshot,
  kReleaseSnapshot,
  kOpenIterator,
  kMoveIterator,
  kCloseIterator,
  kFlush,
  kCompactRange,
  kCompactAll,
  kWaitForCompaction,
  kReopen,
};
inline constexpr int kOperationKinds = 24;

struct Operation {
  OperationKind kind = OperationKind::kPut;
  uint32_t key = 0;    // which of the keys
  uint32_t other = 0;  // a second one, or a number of them
  uint32_t value = 0;  // what is written, and how long it is
  std::string ToString() const;
};

using Operations = std::vector<Operation>;

Operations DrawOperations(uint64_t seed, size_t count);
std::string KeyOf(uint32_t number);
std::string ValueOf(const Operation& operation);

}  // namespace treering::testing

#endif  // TREERING_TESTS_MODEL_OPERATIONS_H_
