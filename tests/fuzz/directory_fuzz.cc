// A whole directory: a right database, its files damaged, cut, swapped or gone. Whatever opens
// answers the true content, a part of it with an error, or an error; in bounded memory.
#include <map>

#include "engine/io/sim_disk.h"
#include "engine/runtime/runtime.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/support/sim_db.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

struct Base {
  io::SimStorage storage;
  testing::Content content;
};

// Two tables, a log that was not flushed, and a tail.
const Base& Whole() {
  static const Base* const base = [] {
    auto* const made = new Base;
    testing::SimDb db;
    FUZZ_CHECK(db.Open(&made->storage, testing::SimDb::SmallOptions()).ok());
    for (int i = 0; i < 60; ++i) {
      const std::string value = "value" + std::to_string(i) + std::string(i * 7 % 300, 'v');
      FUZZ_CHECK(db->Put("key" + std::to_string(i), value).ok());
      if (i % 20 == 19) FUZZ_CHECK(db->Flush().ok());
    }
    FUZZ_CHECK(db->Delete("key3").ok());
    FUZZ_CHECK(testing::ReadAll(db.db.get(), &made->content).ok());
    made->storage.CrashNow();
    (void)db.Close();
    made->storage.Restart(io::CrashKind::kProcessDeath, {}, 1);
    return made;
  }();
  return *base;
}

// What a hostile directory may answer is not known; it must only be orderly. Returns what it held.
void Use(io::SimStorage* storage, bool read_only) {
  io::SimDisk disk(storage);
  RuntimeOptions runtime;
  runtime.memory_budget = 16 << 20;
  auto core = runtime::RuntimeCore::CreateOn(&disk, runtime);
  FUZZ_CHECK(core.ok());
  Options options = testing::SimDb::SmallOptions();
  options.runtime = std::make_shared<Runtime>(*core);
  options.create_if_missing = false;
  options.read_only = read_only;
  auto db = DB::Open(options, testing::SimDb::kPath);
  if (!db.ok()) return;
  for (const auto& [key, value] : Whole().content) {
    PinnedValue found;
    const Status status = (*db)->Get(key, &found);
    // A damaged log loses its end; what is answered is a value that was once written.
    if (status.ok()) FUZZ_CHECK(found.ToString() == value || key == "key3");
  }
  const auto it = (*db)->NewIterator();
  uint64_t steps = 0;
  for (it->SeekToFirst(); it->Valid(); it->Next()) FUZZ_CHECK(++steps < 10'000);
  (void)(*db)->Verify();
  if (!read_only) {
    (void)(*db)->Put("one more", "value");
    (void)(*db)->CompactRange(nullptr, nullptr);
  }
  (void)(*db)->Close();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::FuzzInput input(data, size);
  const auto storage = Whole().storage.Clone();
  const std::vector<std::string> files = storage->ListFiles();
  const bool read_only = input.Byte() % 2 != 0;
  for (int changes = 0; changes < 4 && !input.empty(); ++changes) {
    const uint8_t pick = input.Byte();
    const std::string& path = files[pick % files.size()];
    switch (input.Byte() % 16) {
      case 0:
        if (storage->Exists(path)) storage->RemoveFile(path);
        break;
      case 1:
        storage->PutFile(path, storage->ReadFile(files[input.Byte() % files.size()]));
        break;
      default: {
        std::string bytes = storage->ReadFile(path);
        fuzz::FuzzInput part(data, 0);
        const std::string edit = input.Bytes(input.Byte());
        part = fuzz::FuzzInput(reinterpret_cast<const uint8_t*>(edit.data()), edit.size());
        fuzz::Damage(&part, &bytes);
        storage->PutFile(path, bytes);
      }
    }
  }
  Use(storage.get(), read_only);
  return 0;
}
