#include "tests/fuzz/whole_directory.h"

#include "engine/io/sim_disk.h"
#include "engine/runtime/runtime.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/simulate.h"
#include "tests/support/sim_db.h"

namespace treering::fuzz {
namespace {

constexpr uint64_t kMemoryBudget = 16u << 20;

void Put(testing::SimDb* db, WholeDirectory* whole, int i, const std::string& value) {
  const std::string key = "key" + std::to_string(i);
  FUZZ_CHECK((*db)->Put(key, value).ok());
  whole->written[key].insert(value);
}

void Make(WholeDirectory* whole) {
  testing::SimDb db;
  db.background_threads = 1;
  Options options = testing::SimDb::SmallOptions();
  options.disable_auto_compactions = true;
  FUZZ_CHECK(db.Open(&whole->storage, options).ok());
  for (int i = 0; i < 60; ++i) {
    Put(&db, whole, i, "value" + std::to_string(i) + std::string(i * 7 % 300, 'v'));
    if (i % 20 == 19) FUZZ_CHECK(db->Flush().ok());
    if (i == 19) FUZZ_CHECK(db->CompactRange(nullptr, nullptr).ok());
  }
  FUZZ_CHECK(db->Delete("key3").ok());
  for (int i = 10; i < 14; ++i) Put(&db, whole, i, "again" + std::to_string(i));
  whole->storage.CrashNow();
  (void)db.Close();
  whole->storage.Restart(io::CrashKind::kProcessDeath, {}, 1);
}

std::shared_ptr<Runtime> MakeRuntime(io::Disk* disk) {
  RuntimeOptions options;
  options.memory_budget = kMemoryBudget;
  options.background_threads = 1;
  auto core = runtime::RuntimeCore::CreateOn(disk, options);
  FUZZ_CHECK(core.ok());
  *(*core)->tuning() = {64 << 10, 64 << 10, 128 << 10};
  return std::make_shared<Runtime>(*core);
}

Options OpenOptions(const std::shared_ptr<Runtime>& runtime) {
  Options options = testing::SimDb::SmallOptions();
  options.create_if_missing = false;
  options.runtime = runtime;
  return options;
}

// What is refused says why.
Result<std::unique_ptr<DB>> Open(const Options& options) {
  auto db = DB::Open(options, testing::SimDb::kPath);
  if (!db.ok()) FUZZ_CHECK(!db.status().message().empty());
  return db;
}

}  // namespace

const WholeDirectory& Whole() {
  static const WholeDirectory* const whole = [] {
    auto* const made = new WholeDirectory;
    // Simulated, so that ids and what background threads do are the same in each process.
    Simulate(1, [made] { Make(made); });
    const size_t folder = std::string(testing::SimDb::kPath).size() + 1;
    for (const std::string& path : made->storage.ListFiles()) {
      made->files[path.substr(folder)] = made->storage.ReadFile(path);
    }
    return made;
  }();
  return *whole;
}

void View(const FileChanges& changes, const DbVisitor& visit) {
  static auto* const files = new testing::MemoryDisk::Files(Whole().files);
  for (const auto& [name, content] : changes) {
    if (content) {
      (*files)[name] = *content;
    } else {
      files->erase(name);
    }
  }
  Simulate(1, [&visit] {
    testing::MemoryDisk disk(files);
    Options options = OpenOptions(MakeRuntime(&disk));
    options.read_only = true;
    auto db = Open(options);
    if (!db.ok()) return;
    visit(db->get());
    FUZZ_CHECK((*db)->Close().ok());
  });
  for (const auto& [name, content] : changes) (*files)[name] = Whole().files.at(name);
}

void Use(const FileChanges& changes, const DbVisitor& visit) {
  const auto storage = Whole().storage.Clone();
  for (const auto& [name, content] : changes) {
    const std::string path = std::string(testing::SimDb::kPath) + "/" + name;
    if (content) {
      storage->PutFile(path, *content);
    } else {
      storage->RemoveFile(path);
    }
  }
  Simulate(1, [&visit, &storage] {
    io::SimDisk disk(storage.get());
    const Options options = OpenOptions(MakeRuntime(&disk));
    for (int opens = 0; opens < 2; ++opens) {
      auto db = Open(options);
      if (!db.ok()) return;
      visit(db->get());
      (void)(*db)->Close();
    }
  });
}

}  // namespace treering::fuzz
