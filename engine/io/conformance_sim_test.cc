#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <memory>

#include "engine/io/conformance.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_testing.h"

namespace treering::io {
namespace {

// A storage for each story; there are no foreign files and no permissions in it.
ConformanceDriver SimDriver(bool simulated) {
  auto storage = std::make_shared<std::unique_ptr<SimStorage>>();
  return {.make_disk = [storage] { return std::make_unique<SimDisk>(storage->get(), 8u << 20); },
          .fresh_path = [] { return "/conformance"; },
          .run =
              [storage, simulated](const std::function<void()>& story) {
                *storage = std::make_unique<SimStorage>();
                if (simulated) {
                  RunSim(1, story);
                } else {
                  story();
                }
              },
          .plant = nullptr,
          .mode_of = nullptr,
          .limit_files =
              [storage](uint64_t bytes) {
                SimFaultPlan* const faults = (*storage)->faults();
                faults->Clear();
                if (bytes == UINT64_MAX) return;
                for (const Action change : {Action::kWrite, Action::kAllocate, Action::kTruncate}) {
                  faults->Add({.action = change, .sticky = true, .error = EFBIG});
                }
              }};
}

INSTANTIATE_TEST_SUITE_P(Simulated, ConformanceTest, testing::ValuesIn(StoriesFor(SimDriver(true))),
                         StoryName);
INSTANTIATE_TEST_SUITE_P(Ordinary, ConformanceTest, testing::ValuesIn(StoriesFor(SimDriver(false))),
                         StoryName);

}  // namespace
}  // namespace treering::io
