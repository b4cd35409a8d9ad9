#include "tests/crash/workloads.h"

#include "engine/base/check.h"

namespace treering::testing {
namespace {

std::string Key(int i) { return "key" + std::to_string(i); }

void OpenNew(Life* life) {
  life->Open();
  life->Close();
}

void DurablePuts(Life* life) {
  life->Open();
  for (int i = 0; i < 50; ++i) {
    life->Write({{Key(i % 20), std::to_string(i) + std::string(200, 'v')}}, Durability::kDisk);
  }
  life->Close();
}

// Durable and other puts, enough to use up the first log segment.
void MixedPutsWithRotation(Life* life) {
  Options options = SimDb::SmallOptions();
  options.memtable_bytes = 4 << 20;
  life->Open(options);
  for (int i = 0; i < 16; ++i) {
    const auto durability = static_cast<Durability>(i % 4 == 3 ? 0 : (i % 4 == 2 ? 1 : 2));
    const std::string value = std::to_string(i) + std::string(i % 8 == 5 ? 50'000 : 9'000, 'v');
    life->Write({{Key(i % 7), value}, {"count", std::to_string(i)}}, durability);
  }
  life->Close();
}

void BatchesWithoutATail(Life* life) {
  Options options = SimDb::SmallOptions();
  options.memtable_bytes = 4 << 20;
  options.log = LogMode::kWrite;
  life->Open(options);
  for (int i = 0; i < 14; ++i) {
    std::vector<Oracle::Change> changes;
    for (int n = 0; n < 6; ++n) {
      changes.emplace_back(
          Key((i + n) % 9),
          n == 4 ? std::nullopt : std::optional(std::to_string(i) + std::string(2'500, 'b')));
    }
    life->Write(std::move(changes), i % 3 == 0 ? Durability::kDisk : Durability::kProcess);
  }
  life->Close();
}

void Flushes(Life* life) {
  Options options = SimDb::SmallOptions();
  options.disable_auto_compactions = true;
  life->Open(options);
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 8; ++i) {
      life->Write({{Key(i * 3 + round), std::to_string(round) + std::string(2'000, 'f')}},
                  i % 4 == 3 ? Durability::kDisk : Durability::kMemory);
    }
    life->Flush();
  }
  life->Close();
}

// Flushes and compactions of keys that come, change and go, under a snapshot for a while.
void CompactionWithDeletes(Life* life) {
  life->Open();
  std::unique_ptr<Snapshot> snapshot;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 12; ++i) {
      const std::string value =
          std::to_string(round) + "/" + std::to_string(i) + std::string(3'000, 'x');
      life->Write({{Key((i * 7 + round) % 17), i % 4 == 1 ? std::nullopt : std::optional(value)}},
                  i % 6 == 5 ? Durability::kDisk : Durability::kProcess);
    }
    if (round == 1 && life->status().ok()) snapshot = life->db()->GetSnapshot();
    life->Flush();
  }
  life->Compact();
  snapshot.reset();
  life->Compact();
  life->Write({{"last", "one"}}, Durability::kDisk);
  life->Close();
}

// So many edits that the manifest is full, and the next one begins.
void ManifestRollover(Life* life) {
  Options options = SimDb::SmallOptions();
  options.disable_auto_compactions = true;
  life->Open(options);
  for (int i = 0; i < 18; ++i) {
    life->Write({{Key(i % 5), std::to_string(i)}}, Durability::kProcess);
    life->Flush();
  }
  life->Close();
}

void Closes(Life* life) {
  for (int round = 0; round < 3; ++round) {
    life->Open();
    for (int i = 0; i < 5; ++i) {
      life->Write({{Key(i), std::to_string(round) + std::string(500, 'c')}},
                  static_cast<Durability>(i % 3));
    }
    life->Close();
  }
}

constexpr Workload kWorkloads[] = {
    {"OpenNew", false, OpenNew},
    {"DurablePuts", false, DurablePuts},
    {"MixedPutsWithRotation", true, MixedPutsWithRotation},
    {"BatchesWithoutATail", false, BatchesWithoutATail},
    {"Flushes", false, Flushes},
    {"CompactionWithDeletes", true, CompactionWithDeletes},
    {"ManifestRollover", false, ManifestRollover},
    {"Closes", false, Closes},
};

}  // namespace

void Life::Do(const std::function<Status()>& step) {
  if (status_.ok()) status_ = step();
}

void Life::Open(const Options& options) {
  Do([&] { return db_.Open(storage_, options); });
}

void Life::Write(std::vector<Oracle::Change> changes, Durability durability) {
  Do([&] { return WriteNoted(db_.db.get(), oracle_, storage_, std::move(changes), durability); });
}

void Life::Flush() {
  Do([this] { return db_->Flush(); });
}

void Life::Compact() {
  Do([this] { return db_->CompactRange(nullptr, nullptr); });
}

void Life::Close() {
  Do([this] { return db_.Close(); });
}

std::span<const Workload> Workloads() { return kWorkloads; }

const Workload& WorkloadOf(const std::string& name) {
  for (const Workload& workload : kWorkloads) {
    if (name == workload.name) return workload;
  }
  TREERING_CHECK(false);
}

}  // namespace treering::testing
