// StoreTesting: a manifest store on a simulated disk, and a life of it with many kinds of change.
//
// Owner: the test.
// Threads: one at a time.
// Invariants:
//   1. A change is in Acknowledged only after the store said OK while the storage had not crashed.
#ifndef TREERING_ENGINE_MANIFEST_STORE_TESTING_H_
#define TREERING_ENGINE_MANIFEST_STORE_TESTING_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "engine/base/budget_unlimited.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "engine/manifest/manifest_store.h"

namespace treering::manifest {

inline constexpr char kTestDirectory[] = "/db";

// One process: a disk, a queue, a directory and, once opened, a store. The storage outlives it.
class StoreProcess {
 public:
  explicit StoreProcess(io::SimStorage* storage);
  ~StoreProcess();

  // Small manifests, so that they roll over.
  ManifestStore::Options options() const;
  Status Create();
  Status Open(ManifestStore::Access access = ManifestStore::Access::kReadWrite);
  Status Begin(VersionEdit edit = {});  // a generation above the present one
  Status Commit(const VersionEdit& edit) { return store_->Commit(queue_.get(), edit); }
  void Close();

  ManifestStore* store() { return store_.get(); }
  io::Queue* queue() { return queue_.get(); }
  io::Directory* directory() { return directory_.get(); }
  io::SimDisk* disk() { return &disk_; }

 private:
  io::SimDisk disk_;
  base::UnlimitedBudget budget_;
  io::BufferPool buffers_;
  std::unique_ptr<io::Queue> queue_;
  std::unique_ptr<io::Directory> directory_;
  std::unique_ptr<ManifestStore> store_;
};

VersionEdit FirstEdit();

// What a state says, but for the floor of file numbers and the generation; one line.
std::string Describe(const ManifestState& state);

// A database's life: creation, flushes, compactions, segments, long edits, promises, rollovers,
// several opens. Each change but the bare ones raises last_sequence by one, so that a state says
// how far it got.
class StoreLife {
 public:
  // Until the end, or until the first error after the storage crashed.
  void Live(io::SimStorage* storage);

  // Holds of a store that was opened on what a crash of this life left: exactly the state before or
  // after the change that the crash met. Fails the test otherwise.
  void CheckRecovered(const ManifestState& recovered) const;

  bool created() const { return created_; }
  key::Sequence acknowledged() const { return acknowledged_; }
  uint64_t highest_number() const { return highest_number_; }
  // By last_sequence; filled by a life that did not crash.
  const std::map<key::Sequence, std::string>& states() const { return states_; }
  void set_states(std::map<key::Sequence, std::string> states) { states_ = std::move(states); }

 private:
  bool First(io::SimStorage* storage);
  bool Later(io::SimStorage* storage, uint64_t round);
  bool Change(StoreProcess* process, VersionEdit edit);
  bool Flush(StoreProcess* process);
  bool Compact(StoreProcess* process);
  bool Segments(StoreProcess* process);
  bool Bare(io::SimStorage* storage, const Status& status);
  bool Number(StoreProcess* process, uint64_t* number);

  key::Sequence sequence_ = 0;
  key::Sequence acknowledged_ = 0;
  uint64_t highest_number_ = 0;
  bool created_ = false;
  std::map<key::Sequence, std::string> states_;
};

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_STORE_TESTING_H_
