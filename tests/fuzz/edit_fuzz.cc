// An edit of the manifest: what is accepted encodes back to the same edit; memory follows its
// length.
#include "engine/manifest/version_edit.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  manifest::VersionEdit edit;
  const Slice bytes(reinterpret_cast<const char*>(data), size);
  const fuzz::HeapMeter heap;
  const bool accepted = manifest::DecodeEdit(bytes, &edit).ok();
  FUZZ_CHECK(heap.PeakBytes() <= 16 * size + 4096);
  if (!accepted) return 0;
  std::string out;
  FUZZ_CHECK(manifest::EncodeEdit(edit, &out).ok());
  manifest::VersionEdit again;
  FUZZ_CHECK(manifest::DecodeEdit(out, &again).ok());
  FUZZ_CHECK(again == edit);
  return 0;
}
