// A write batch: what the reader accepts encodes back to the same bytes' meaning, and both readers
// agree on what is damaged.
#include "api/write_batch.h"
#include "engine/base/limits.h"
#include "engine/key/batch_reader.h"
#include "tests/fuzz/fuzz_input.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Slice payload(reinterpret_cast<const char*>(data), size);
  key::BatchReader reader(payload);
  WriteBatch again;
  uint64_t records = 0;
  uint64_t bytes = 0;
  while (reader.Next()) {
    FUZZ_CHECK(++records <= size);
    FUZZ_CHECK(reader.key().size() <= base::kKeyBytesMax);
    bytes += reader.key().size() + reader.value().size();
    FUZZ_CHECK(bytes <= size);
    if (reader.kind() == key::Kind::kDelete) {
      again.Delete(reader.key());
    } else {
      again.Put(reader.key(), reader.value());
    }
  }
  const auto totals = key::MeasureBatch(payload);
  FUZZ_CHECK(totals.ok() == reader.status().ok());
  if (!totals.ok()) return 0;
  FUZZ_CHECK(totals->records == records && totals->data_bytes == bytes);
  // A longer form of a varint reads the same and is not written.
  FUZZ_CHECK(again.rep().size() <= size);
  key::BatchReader second(again.rep());
  key::BatchReader first(payload);
  while (first.Next()) {
    FUZZ_CHECK(second.Next());
    FUZZ_CHECK(first.kind() == second.kind() && first.key() == second.key() &&
               first.value() == second.value());
  }
  FUZZ_CHECK(!second.Next() && second.status().ok());
  return 0;
}
