#include "engine/manifest/store_testing.h"

#include <gtest/gtest.h>

#include <sstream>
#include <utility>

#include "engine/manifest/manifest_testing.h"

namespace treering::manifest {

StoreProcess::StoreProcess(io::SimStorage* storage)
    : disk_(storage), buffers_(disk_.arena(), &budget_) {
  auto queue = disk_.NewQueue(8);
  if (queue.ok()) queue_ = std::move(queue).value();
  auto directory = disk_.OpenDirectory(kTestDirectory, /*create=*/true);
  if (directory.ok()) directory_ = std::move(directory).value();
}

StoreProcess::~StoreProcess() { Close(); }

ManifestStore::Options StoreProcess::options() const {
  ManifestStore::Options options(key::KeyOrder(BytewiseComparator()),
                                 const_cast<io::BufferPool*>(&buffers_));
  options.manifest_bytes = 12 * 4096;
  options.lock_wait_nanos = 10'000'000'000;
  return options;
}

Status StoreProcess::Create() {
  if (directory_ == nullptr) return Status::IoError("no directory");
  auto store = ManifestStore::Create(directory_.get(), queue_.get(), options(), FirstEdit());
  if (store.ok()) store_ = std::move(store).value();
  return store.status();
}

Status StoreProcess::Open(ManifestStore::Access access) {
  if (directory_ == nullptr) return Status::IoError("no directory");
  auto store = ManifestStore::Open(directory_.get(), queue_.get(), options(), access);
  if (store.ok()) store_ = std::move(store).value();
  return store.status();
}

Status StoreProcess::Begin(VersionEdit edit) {
  edit.generation = store_->state().generation + 1;
  return store_->BeginGeneration(queue_.get(), edit);
}

void StoreProcess::Close() { store_.reset(); }

VersionEdit FirstEdit() {
  VersionEdit edit;
  edit.database_id = base::Id128{3, 4};
  edit.comparator = std::string(BytewiseComparator()->Name());
  edit.generation = 1;
  edit.options_digest = 5;
  return edit;
}

std::string Describe(const ManifestState& state) {
  std::ostringstream text;
  text << state.database_id.ToHex() << " " << state.comparator << " digest " << state.options_digest
       << " sequence " << state.last_sequence << " start " << state.replay_start.lsn << ","
       << state.replay_start.segment << " tail " << state.tail.capacity_bytes << " segments";
  for (const SegmentMeta& segment : state.segments) {
    text << " " << segment.number << "x" << segment.blocks;
  }
  for (uint32_t level = 0; level < Version::level_count(); ++level) {
    if (!state.version->tables(level).empty()) {
      text << " L" << level << ": " << Numbers(state.version->tables(level));
    }
  }
  return text.str();
}

bool StoreLife::Bare(io::SimStorage* storage, const Status& status) {
  if (storage->crashed()) return false;
  EXPECT_TRUE(status.ok()) << status.ToString();
  return status.ok();
}

bool StoreLife::Change(StoreProcess* process, VersionEdit edit) {
  edit.last_sequence = ++sequence_;
  const Status status = process->Commit(edit);
  if (process->disk()->crashed()) return false;
  EXPECT_TRUE(status.ok()) << status.ToString();
  acknowledged_ = sequence_;
  states_[sequence_] = Describe(process->store()->state());
  return status.ok();
}

bool StoreLife::Number(StoreProcess* process, uint64_t* number) {
  auto given = process->store()->NewFileNumber(process->queue());
  if (!given.ok() || process->disk()->crashed()) return false;
  EXPECT_GT(*given, highest_number_);
  *number = highest_number_ = *given;
  return true;
}

bool StoreLife::Flush(StoreProcess* process) {
  uint64_t number = 0;
  if (!Number(process, &number)) return false;
  VersionEdit edit;
  const key::Sequence next = sequence_ + 1;
  edit.added_tables = {MakeTable(0, number, "a", "z", next * 10 + 1, next * 10 + 10)};
  edit.replay_start = ReplayStart{number, 1, sequence_, number, 2};
  return Change(process, edit);
}

bool StoreLife::Compact(StoreProcess* process) {
  uint64_t number = 0;
  if (!Number(process, &number)) return false;
  const auto version = process->store()->current();
  VersionEdit edit;
  for (uint32_t level : {0u, 6u}) {
    for (const TableRef& table : version->tables(level)) {
      edit.removed_tables.push_back({level, table->meta.number});
    }
  }
  // Long keys: the edit takes several blocks.
  edit.added_tables = {MakeTable(6, number, "a", "z" + std::string(6000, 'z'))};
  return Change(process, edit);
}

bool StoreLife::Segments(StoreProcess* process) {
  uint64_t number = 0;
  if (!Number(process, &number)) return false;
  VersionEdit edit;
  const ManifestState state = process->store()->state();
  if (state.segments.size() > 1) edit.forgotten_segments = {state.segments[0].number};
  edit.registered_segments = {{number, 256}};
  return Change(process, edit);
}

bool StoreLife::First(io::SimStorage* storage) {
  StoreProcess process(storage);
  const Status created = process.Create();
  if (storage->crashed()) return false;
  EXPECT_TRUE(created.ok()) << created.ToString();
  created_ = created.ok();
  states_[0] = Describe(process.store()->state());
  return created_ && Segments(&process) && Flush(&process) && Flush(&process) &&
         Bare(storage, process.store()->PromiseLatest(process.queue())) && Compact(&process) &&
         Segments(&process) && Flush(&process);
}

bool StoreLife::Later(io::SimStorage* storage, uint64_t round) {
  StoreProcess process(storage);
  const Status opened = process.Open();
  if (storage->crashed()) return false;
  EXPECT_TRUE(opened.ok()) << opened.ToString();
  VersionEdit edit;
  uint64_t number = 0;
  // Until Begin has recorded it, a number is only as safe as the file that carries it.
  const uint64_t recorded = highest_number_;
  if (!opened.ok() || !Number(&process, &number)) return false;
  highest_number_ = recorded;
  edit.last_sequence = ++sequence_;
  edit.added_tables = {MakeTable(0, number, "b", "y", sequence_ * 10 + 1, sequence_ * 10 + 10)};
  for (const SegmentMeta& segment : process.store()->state().segments) {
    edit.forgotten_segments.push_back(segment.number);
  }
  const Status begun = process.Begin(edit);
  if (!Bare(storage, begun)) return false;
  highest_number_ = number;
  acknowledged_ = sequence_;
  states_[sequence_] = Describe(process.store()->state());
  for (uint64_t i = 0; i < 2 + round; ++i) {
    if (!Flush(&process) || !Segments(&process)) return false;
  }
  return Compact(&process) && Bare(storage, process.store()->Rollover(process.queue())) &&
         Flush(&process) && Bare(storage, process.store()->PromiseLatest(process.queue()));
}

void StoreLife::Live(io::SimStorage* storage) {
  sequence_ = 0;
  acknowledged_ = 0;
  highest_number_ = 0;
  created_ = false;
  if (First(storage) && Later(storage, 1)) (void)Later(storage, 2);
}

void StoreLife::CheckRecovered(const ManifestState& recovered) const {
  ASSERT_GE(recovered.last_sequence, acknowledged_) << "an acknowledged change is lost";
  ASSERT_LE(recovered.last_sequence, sequence_);
  const auto expected = states_.find(recovered.last_sequence);
  ASSERT_NE(expected, states_.end());
  ASSERT_EQ(Describe(recovered), expected->second);
  ASSERT_GT(recovered.next_file_number, highest_number_) << "a file number would be used twice";
}

}  // namespace treering::manifest
