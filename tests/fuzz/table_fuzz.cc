// A whole table file: a right one, damaged, with every sum made right again or not; opened, walked
// in every way, asked for its keys and verified. With its sums left alone it shows what was written
// or an error. What passes verification answers the same in every way.
#include <algorithm>
#include <set>

#include "engine/io/sim_disk.h"
#include "engine/table/table_iterator.h"
#include "engine/table/table_scan.h"
#include "engine/table/table_testing.h"
#include "engine/table/table_verify.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"
#include "tests/fuzz/table_seal.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

using table::Entries;

constexpr uint64_t kHeapBytesMax = 8u << 20;
constexpr key::Sequence kEverything = base::kSequenceMax;

struct Image {
  Entries entries;
  table::TableInfo info;
  std::string file;
};

// Versions of keys, deletions, and a value that has a block of several pages.
Entries ShortKeys() {
  Entries entries;
  for (int i = 0; i < 40; ++i) {
    const std::string key = "key" + std::to_string(100 + i);
    if (i % 5 == 0) {
      entries.emplace_back(table::InternalKey(key, 200 + i, key::Kind::kDelete), "");
    }
    entries.emplace_back(table::InternalKey(key, 1 + i),
                         std::string(i == 17 ? 9000 : 10 * i, static_cast<char>('a' + i % 26)));
  }
  return entries;
}

// Keys that differ at their end, so that a partition holds few separators: four partitions.
Entries LongKeys() {
  Entries entries;
  for (int i = 0; i < 40; ++i) {
    entries.emplace_back(table::InternalKey(std::string(900, 'k') + std::to_string(100 + i), 1 + i),
                         "value");
  }
  return entries;
}

struct World {
  World() : tables(std::make_unique<io::SimDisk>(&storage), "/db", 4u << 20) {
    images[0] = Make(1, ShortKeys());
    images[1] = Make(2, LongKeys());
  }
  Image Make(uint64_t number, const Entries& entries) {
    const auto info = tables.Build(number, entries);
    FUZZ_CHECK(info.ok());
    return {entries, *info, storage.ReadFile("/db/00000" + std::to_string(number) + ".sst")};
  }

  io::SimStorage storage;
  table::TableWorld tables;
  Image images[2];
};

class Source final : public table::ReadSource {
 public:
  explicit Source(io::Queue* queue) : queue_(queue) {}
  io::Queue* ForCall() override { return queue_; }
  io::Queue* ForReadAhead() override { return queue_; }

 private:
  io::Queue* const queue_;
};

// What a walk gave, and whether it came to the end without an error.
struct Walk {
  Entries entries;
  bool whole = false;
};

class Reading {
 public:
  Reading(World* world, const Image& image, const std::string& file, bool sealed)
      : world_(world),
        image_(image),
        sealed_(sealed),
        queue_(table::MemoryQueue()),
        entries_max_(file.size() / table::kEntryBytesMin) {}

  Walk Through(key::InternalIterator* it, bool forward) {
    Walk walk;
    forward ? it->SeekToFirst() : it->SeekToLast();
    while (it->Valid()) {
      walk.entries.emplace_back(it->key().ToString(), it->value().ToString());
      if (!sealed_) {
        FUZZ_CHECK(std::find(image_.entries.begin(), image_.entries.end(), walk.entries.back()) !=
                   image_.entries.end());
      }
      FUZZ_CHECK(walk.entries.size() <= entries_max_);
      forward ? it->Next() : it->Prev();
    }
    walk.whole = it->status().ok();
    if (!walk.whole) FUZZ_CHECK(!it->status().message().empty());
    if (!forward) std::reverse(walk.entries.begin(), walk.entries.end());
    return walk;
  }

  // The newest version, or "(deleted)".
  Result<std::string> Get(table::Table* table, const std::string& user_key) {
    return world_->tables.Get(table, user_key, kEverything, queue_.get());
  }

  bool Verified(const std::string& file) {
    const auto opened = table::MemoryFile("000001.sst", &file);
    const auto report = table::VerifyTable(opened.get(), world_->tables.order(), queue_.get(),
                                           world_->tables.pool());
    return report.ok() && report->problems.empty();
  }

  void All(const table::TableInfo& info, const std::string& file) {
    const bool verified = Verified(file);
    const auto opened =
        world_->tables.Open(info, table::MemoryFile("000001.sst", &file), queue_.get());
    if (!opened.ok()) {
      FUZZ_CHECK(opened.status().message().find("000001.sst") != std::string_view::npos);
      return;
    }
    const std::shared_ptr<table::Table>& table = *opened;
    Source source(queue_.get());
    const auto scan = table::NewTableScan(table, queue_.get(), world_->tables.pool());
    const auto it = table::NewTableIterator(table, &source);
    const Walk scanned = Through(scan.get(), true);
    const Walk forward = Through(it.get(), true);
    const Walk backward = Through(it.get(), false);
    std::set<std::string> asked;
    for (const auto& [key, value] : image_.entries) {
      it->Seek(key);
      if (it->Valid() && !sealed_)
        FUZZ_CHECK(it->key() == Slice(key) && it->value() == Slice(value));
      const std::string user_key = key::UserKey(key).ToString();
      const auto found = Get(table.get(), user_key);
      const bool newest = asked.insert(user_key).second;
      const bool deleted = key::TagKind(key::Tag(key)) == key::Kind::kDelete;
      if (found.ok() && newest && !sealed_) FUZZ_CHECK(*found == (deleted ? "(deleted)" : value));
    }
    if (verified) ExpectAgreement(table.get(), scanned, forward, backward);
    table->EvictFromCache();
  }

  void ExpectAgreement(table::Table* table, const Walk& scanned, const Walk& forward,
                       const Walk& backward) {
    FUZZ_CHECK(scanned.whole && forward.whole && backward.whole);
    FUZZ_CHECK(forward.entries == scanned.entries && backward.entries == scanned.entries);
    FUZZ_CHECK(forward.entries.size() == table->info().entries);
    std::string last;
    for (const auto& [key, value] : forward.entries) {
      const std::string user_key = key::UserKey(key).ToString();
      if (&key != &forward.entries.front().first && user_key == last) continue;  // an older version
      const bool deleted = key::TagKind(key::Tag(key)) == key::Kind::kDelete;
      const auto found = Get(table, user_key);
      FUZZ_CHECK(found.ok() && *found == (deleted ? "(deleted)" : value));
      last = user_key;
    }
  }

 private:
  World* const world_;
  const Image& image_;
  const bool sealed_;
  const std::unique_ptr<io::Queue> queue_;
  const uint64_t entries_max_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const world = new World;
  fuzz::FuzzInput input(data, size);
  const uint8_t mode = input.Byte();
  const bool sealed = mode % 4 != 0;
  const Image& image = world->images[mode / 4 % 2];
  std::string file = image.file;
  table::TableInfo info = image.info;
  fuzz::Damage(&input, &file);
  if (sealed) fuzz::SealTable(&file, &info);
  const fuzz::HeapMeter heap;
  Reading(world, image, file, sealed).All(info, file);
  FUZZ_CHECK(heap.PeakBytes() <= kHeapBytesMax);
  return 0;
}
