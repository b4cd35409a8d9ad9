#include "tests/model/operations.h"

#include "engine/base/prng.h"

namespace treering::testing {
namespace {

constexpr uint32_t kKeys = 50;
constexpr const char* kNames[kOperationKinds] = {"put",
                                                 "put large",
                                                 "delete",
                                                 "batch",
                                                 "empty batch",
                                                 "get",
                                                 "get missing",
                                                 "multi-get",
                                                 "seek",
                                                 "seek for prev",
                                                 "scan",
                                                 "scan back",
                                                 "snapshot",
                                                 "get at snapshot",
                                                 "scan at snapshot",
                                                 "release snapshot",
                                                 "iterator",
                                                 "move iterator",
                                                 "close iterator",
                                                 "flush",
                                                 "compact range",
                                                 "compact all",
                                                 "wait for compaction",
                                                 "reopen"};
// How often each comes, in the same order.
constexpr uint32_t kWeights[kOperationKinds] = {24, 2, 8, 8, 1, 10, 3, 4, 4, 3, 2, 2,
                                                2,  3, 1, 1, 2, 4,  1, 2, 1, 1, 1, 1};

OperationKind DrawKind(base::Prng* prng) {
  uint32_t sum = 0;
  for (const uint32_t weight : kWeights) sum += weight;
  auto left = static_cast<uint32_t>(prng->Uniform(sum));
  int kind = 0;
  while (left >= kWeights[kind]) left -= kWeights[kind++];
  return static_cast<OperationKind>(kind);
}

}  // namespace

std::string Operation::ToString() const {
  return std::string(kNames[static_cast<int>(kind)]) + " " + std::to_string(key) + " " +
         std::to_string(other) + " " + std::to_string(value);
}

Operations DrawOperations(uint64_t seed, size_t count) {
  base::Prng prng(seed);
  Operations operations(count);
  for (Operation& operation : operations) {
    operation.kind = DrawKind(&prng);
    operation.key = static_cast<uint32_t>(prng.Uniform(kKeys));
    operation.other = static_cast<uint32_t>(prng.Uniform(kKeys));
    operation.value = static_cast<uint32_t>(prng.Uniform(100'000));
  }
  return operations;
}

std::string KeyOf(uint32_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, 3 - digits.size(), '0');
  return "key" + digits;
}

std::string ValueOf(const Operation& operation) {
  const size_t bytes =
      operation.kind == OperationKind::kPutLarge ? operation.value : operation.value % 700;
  return std::to_string(operation.value) + std::string(bytes, 'v');
}

}  // namespace treering::testing
