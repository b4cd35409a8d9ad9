// A whole directory: a right database, its files damaged, cut, swapped or gone. Every key and value
// that an open of it shows was once written, or the answer is an error; in bounded memory.
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"
#include "tests/fuzz/whole_directory.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

fuzz::FileChanges TakeChanges(fuzz::FuzzInput* input) {
  const auto& files = fuzz::Whole().files;
  const auto pick = [&] {
    return std::next(files.begin(), input->Byte() % static_cast<int>(files.size()));
  };
  fuzz::FileChanges changes;
  for (int count = 0; count < 4 && !input->empty(); ++count) {
    const auto& [name, whole] = *pick();
    switch (input->Byte() % 16) {
      case 0:
        changes[name] = std::nullopt;
        break;
      case 1:
        changes[name] = pick()->second;
        break;
      default: {
        std::optional<std::string>& bytes = changes.try_emplace(name, whole).first->second;
        const std::string edit = input->Bytes(input->Byte());
        fuzz::FuzzInput part(reinterpret_cast<const uint8_t*>(edit.data()), edit.size());
        if (bytes) fuzz::Damage(&part, &*bytes);
      }
    }
  }
  return changes;
}

void ExpectWritten(const Slice& key, const std::string& value) {
  const auto& written = fuzz::Whole().written;
  const auto found = written.find(key.ToString());
  FUZZ_CHECK(found != written.end() && found->second.contains(value));
}

// A damaged log may lose its end, so nothing need be there.
void Read(DB* db) {
  const auto& written = fuzz::Whole().written;
  for (const auto& [key, values] : written) {
    PinnedValue found;
    const Status status = db->Get(key, &found);
    if (status.ok()) ExpectWritten(key, found.ToString());
  }
  const auto it = db->NewIterator();
  uint64_t steps = 0;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    ExpectWritten(it->key(), it->value().ToString());
    FUZZ_CHECK(++steps <= written.size());
  }
  for (it->SeekToLast(), steps = 0; it->Valid(); it->Prev()) {
    ExpectWritten(it->key(), it->value().ToString());
    FUZZ_CHECK(++steps <= written.size());
  }
  (void)db->Verify();
}

void ReadAndWrite(DB* db) {
  Read(db);
  (void)db->CompactRange(nullptr, nullptr);
  Read(db);
  if (db->Put("one more", "value").ok()) {
    PinnedValue found;
    FUZZ_CHECK(db->Get("one more", &found).ok() && found.ToString() == "value");
    (void)db->Delete("one more");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)fuzz::Whole();
  fuzz::FuzzInput input(data, size);
  const bool read_only = input.Byte() % 8 != 0;
  const fuzz::FileChanges changes = TakeChanges(&input);
  const fuzz::HeapMeter heap;
  if (read_only) {
    fuzz::View(changes, Read);
  } else {
    fuzz::Use(changes, ReadAndWrite);
  }
  FUZZ_CHECK(heap.PeakBytes() <= fuzz::kDirectoryHeapBytesMax);
  return 0;
}
