// The statistics that kvctl reads from an engine of any version: any text gives a view or an error.
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"
#include "tools/kvctl/stats_view.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const fuzz::HeapMeter heap;
  const auto view = kvctl::ParseStats(text);
  FUZZ_CHECK(heap.PeakBytes() <= 128 * size + 8192);
  if (!view.ok()) return 0;
  FUZZ_CHECK(view->levels.size() <= size && view->stalls.size() <= size);
  (void)view->total_tables();
  (void)view->total_bytes();
  (void)view->entries_estimate();
  return 0;
}
