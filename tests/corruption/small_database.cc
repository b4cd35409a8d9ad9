#include "tests/corruption/small_database.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "engine/runtime/runtime.h"
#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

// Everything as small as it may be: each damage is followed by a read of all of it.
class Writer {
 public:
  Writer(io::SimStorage* storage, std::vector<Content>* history)
      : disk_(storage), history_(history) {
    RuntimeOptions runtime_options;
    runtime_options.memory_budget = 32 << 20;
    auto core = runtime::RuntimeCore::CreateOn(&disk_, runtime_options);
    EXPECT_TRUE(core.ok());
    *(*core)->tuning() = {16 << 10, 64 << 10, 16 << 10};
    Options options = SimDb::SmallOptions();
    options.runtime = std::make_shared<Runtime>(*std::move(core));
    auto opened = DB::Open(options, SimDb::kPath);
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    db_ = *std::move(opened);
  }
  ~Writer() { EXPECT_TRUE(db_->Close().ok()); }

  void Put(const std::string& key, size_t bytes) {
    const std::string value = key + std::string(bytes, 'v');
    EXPECT_TRUE(db_->Put(key, value, WriteOptions{Durability::kDisk}).ok());
    Note(key, value);
  }
  void Delete(const std::string& key) {
    EXPECT_TRUE(db_->Delete(key).ok());
    Note(key, std::nullopt);
  }
  DB* operator->() { return db_.get(); }

 private:
  void Note(const std::string& key, const std::optional<std::string>& value) {
    Content content = history_->empty() ? Content() : history_->back();
    content.erase(key);
    if (value.has_value()) content[key] = *value;
    history_->push_back(std::move(content));
  }

  io::SimDisk disk_;
  std::vector<Content>* const history_;
  std::unique_ptr<DB> db_;
};

}  // namespace

SmallDatabase::SmallDatabase() {
  io::SimStorage storage;
  {
    Writer writer(&storage, &history);
    for (int i = 0; i < 12; ++i) writer.Put("key" + std::to_string(i), 400);
    EXPECT_TRUE(writer->CompactRange(nullptr, nullptr).ok());
  }
  {
    // The second open makes a second manifest, so that both slots of CURRENT are in use.
    Writer writer(&storage, &history);
    writer.Put("gone", 30);
    for (int i = 10; i < 15; ++i) writer.Put("key" + std::to_string(i), 300);
    writer.Delete("gone");
    EXPECT_TRUE(writer->Flush().ok());
    for (int i = 15; i < 20; ++i) writer.Put("key" + std::to_string(i), 800);
    writer.Delete("key3");
  }
  for (const std::string& path : storage.ListFiles()) {
    files[path.substr(path.rfind('/') + 1)] = storage.ReadFile(path);
  }
}

void SmallDatabase::Start() {
  disk_ = std::make_unique<MemoryDisk>(&files);
  RuntimeOptions options;
  options.memory_budget = 32 << 20;
  options.background_threads = 1;
  auto core = runtime::RuntimeCore::CreateOn(disk_.get(), options);
  ASSERT_TRUE(core.ok()) << core.status().ToString();
  runtime_ = std::make_shared<Runtime>(*std::move(core));
  EXPECT_TRUE(Read(&truth).ok());
  EXPECT_EQ(truth.size(), 19u);
  EXPECT_TRUE(truth == history.back());
}

void SmallDatabase::Stop() {
  runtime_.reset();
  disk_.reset();
}

manifest::ManifestState SmallDatabase::State() {
  auto directory = disk_->OpenDirectory(SimDb::kPath, false);
  auto lease = runtime_->core()->LeaseQueue();
  EXPECT_TRUE(directory.ok() && lease.ok());
  const manifest::ManifestStore::Options options(key::KeyOrder(BytewiseComparator()),
                                                 runtime_->core()->buffers());
  auto store = manifest::ManifestStore::Open(directory->get(), lease->queue(), options,
                                             manifest::ManifestStore::Access::kReadOnly);
  EXPECT_TRUE(store.ok()) << store.status().ToString();
  manifest_number_ = (*store)->manifest_number();
  return (*store)->state();
}

Status SmallDatabase::Read(Content* content) {
  Options options = SimDb::SmallOptions();
  options.create_if_missing = false;
  options.read_only = true;
  options.runtime = runtime_;
  auto db = DB::Open(options, SimDb::kPath);
  if (!db.ok()) return db.status();
  if (Status status = ReadAll(db->get(), content); !status.ok()) return status;
  PinnedValue value;
  for (const auto& [key, expected] : truth) {
    if (Status status = (*db)->Get(key, &value); !status.ok()) {
      return status.IsNotFound() ? Status::Failed("key '" + key + "' is gone") : status;
    }
    if (value.slice() != Slice(expected)) return Status::Failed("another value of " + key);
  }
  for (const char* key : {"gone", "key3", "key", "zzz"}) {
    const Status status = (*db)->Get(key, &value);
    if (status.ok()) return Status::Failed(std::string(key) + " came back");
    if (!status.IsNotFound()) return status;
  }
  return Status::Ok();
}

}  // namespace treering::testing
