// A whole directory: a right database, its files damaged, cut, swapped or gone. Every key and value
// that an open of it shows was once written, or the answer is an error; in bounded memory.
#include <map>
#include <set>

#include "engine/io/sim_disk.h"
#include "engine/runtime/runtime.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"
#include "tests/support/memory_disk.h"
#include "tests/support/sim_db.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

using Files = testing::MemoryDisk::Files;
// Each key with all the values it ever had.
using Written = std::map<std::string, std::set<std::string>>;

// Heap beside the arena: a runtime with its cache's tables, memtables, the tail, and copies of the
// few files.
constexpr uint64_t kHeapBytesMax = 48u << 20;
constexpr uint64_t kMemoryBudget = 16u << 20;

struct Base {
  io::SimStorage storage;
  Files files;  // the same, by name
  Written written;
};

void Put(testing::SimDb* db, Written* written, int i, const std::string& value) {
  const std::string key = "key" + std::to_string(i);
  FUZZ_CHECK((*db)->Put(key, value).ok());
  (*written)[key].insert(value);
}

// Three tables, with deletions and newer values in the log and its tail that were not flushed.
const Base& Whole() {
  static const Base* const base = [] {
    auto* const made = new Base;
    testing::SimDb db;
    db.background_threads = 1;
    FUZZ_CHECK(db.Open(&made->storage, testing::SimDb::SmallOptions()).ok());
    for (int i = 0; i < 60; ++i) {
      Put(&db, &made->written, i, "value" + std::to_string(i) + std::string(i * 7 % 300, 'v'));
      if (i % 20 == 19) FUZZ_CHECK(db->Flush().ok());
    }
    FUZZ_CHECK(db->Delete("key3").ok());
    for (int i = 10; i < 14; ++i) Put(&db, &made->written, i, "again" + std::to_string(i));
    made->storage.CrashNow();
    (void)db.Close();
    made->storage.Restart(io::CrashKind::kProcessDeath, {}, 1);
    const size_t folder = std::string(testing::SimDb::kPath).size() + 1;
    for (const std::string& path : made->storage.ListFiles()) {
      made->files[path.substr(folder)] = made->storage.ReadFile(path);
    }
    return made;
  }();
  return *base;
}

// The files that the input changes; no content: it is gone.
using Changes = std::map<std::string, std::optional<std::string>>;

Changes TakeChanges(fuzz::FuzzInput* input) {
  const Files& files = Whole().files;
  const auto pick = [&] {
    return std::next(files.begin(), input->Byte() % static_cast<int>(files.size()));
  };
  Changes changes;
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
  const auto found = Whole().written.find(key.ToString());
  FUZZ_CHECK(found != Whole().written.end() && found->second.contains(value));
}

// A damaged log may lose its end, so nothing need be there.
void Read(DB* db) {
  for (const auto& [key, values] : Whole().written) {
    PinnedValue found;
    const Status status = db->Get(key, &found);
    if (status.ok()) ExpectWritten(key, found.ToString());
  }
  const auto it = db->NewIterator();
  uint64_t steps = 0;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    ExpectWritten(it->key(), it->value().ToString());
    FUZZ_CHECK(++steps <= Whole().written.size());
  }
  for (it->SeekToLast(), steps = 0; it->Valid(); it->Prev()) {
    ExpectWritten(it->key(), it->value().ToString());
    FUZZ_CHECK(++steps <= Whole().written.size());
  }
  (void)db->Verify();
}

std::shared_ptr<Runtime> MakeRuntime(io::Disk* disk) {
  RuntimeOptions options;
  options.memory_budget = kMemoryBudget;
  options.background_threads = 1;
  auto core = runtime::RuntimeCore::CreateOn(disk, options);
  FUZZ_CHECK(core.ok());
  return std::make_shared<Runtime>(*core);
}

Options OpenOptions(const std::shared_ptr<Runtime>& runtime) {
  Options options = testing::SimDb::SmallOptions();
  options.create_if_missing = false;
  options.runtime = runtime;
  return options;
}

// Read-only, all on one Runtime: cheap.
void View(const Changes& changes) {
  static auto* const files = new Files(Whole().files);
  static auto* const disk = new testing::MemoryDisk(files);
  static auto* const runtime = new std::shared_ptr<Runtime>(MakeRuntime(disk));
  for (const auto& [name, content] : changes) {
    if (content) {
      (*files)[name] = *content;
    } else {
      files->erase(name);
    }
  }
  Options options = OpenOptions(*runtime);
  options.read_only = true;
  auto db = DB::Open(options, testing::SimDb::kPath);
  if (db.ok()) {
    Read(db->get());
    FUZZ_CHECK((*db)->Close().ok());
  }
  for (const auto& [name, content] : changes) (*files)[name] = Whole().files.at(name);
}

// For writing, with a compaction of all.
void Use(const Changes& changes) {
  const auto storage = Whole().storage.Clone();
  for (const auto& [name, content] : changes) {
    const std::string path = std::string(testing::SimDb::kPath) + "/" + name;
    if (content) {
      storage->PutFile(path, *content);
    } else {
      storage->RemoveFile(path);
    }
  }
  io::SimDisk disk(storage.get());
  const std::shared_ptr<Runtime> runtime = MakeRuntime(&disk);
  auto db = DB::Open(OpenOptions(runtime), testing::SimDb::kPath);
  if (!db.ok()) return;
  Read(db->get());
  (void)(*db)->CompactRange(nullptr, nullptr);
  Read(db->get());
  if ((*db)->Put("one more", "value").ok()) {
    PinnedValue found;
    FUZZ_CHECK((*db)->Get("one more", &found).ok() && found.ToString() == "value");
  }
  (void)(*db)->Close();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)Whole();
  fuzz::FuzzInput input(data, size);
  const bool read_only = input.Byte() % 8 != 0;
  const Changes changes = TakeChanges(&input);
  const fuzz::HeapMeter heap;
  if (read_only) {
    View(changes);
  } else {
    Use(changes);
  }
  FUZZ_CHECK(heap.PeakBytes() <= kHeapBytesMax);
  return 0;
}
