// SimStorage: the durable world under simulated disks; it outlives them and their crashes.
//
// A test makes one, opens a SimDisk on it, crashes it, calls Restart, and opens another SimDisk on
// what survived. Paths are absolute; the root "/" exists.
//
// Owner: the test; outlives every SimDisk, queue, file and directory opened on it.
// Threads: simulated threads of one scheduler, or any ordinary threads, one kind at a time.
// Invariants:
//   1. A write, allocate, truncate, mapped store, create, rename, link, unlink, mkdir or rmdir is
//      volatile until a sync of its file or directory that was submitted after it completed.
//   2. Each of them (stores apart) and each sync has an index, io_count() at its completion, which
//      goes on over restarts. Stores have their own. Reads have none.
//   3. After a crash and until Restart every operation answers ESHUTDOWN and changes nothing.
//   4. What Restart makes of the volatile operations is a function of its arguments and the
//      operations; the same seed gives the same world.
#ifndef TREERING_ENGINE_IO_SIM_STORAGE_H_
#define TREERING_ENGINE_IO_SIM_STORAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/sim_faults.h"
#include "engine/io/sim_policy.h"

namespace treering::io {

class SimWorld;

class SimStorage {
 public:
  explicit SimStorage(SimStorageOptions options = {});
  ~SimStorage();
  SimStorage(const SimStorage&) = delete;
  SimStorage& operator=(const SimStorage&) = delete;

  // An independent copy, cheap (pages are shared until written). With requests in flight only after
  // a crash. Faults and crash points are not copied.
  std::unique_ptr<SimStorage> Clone() const;

  // --- Crashes ---
  // Crashes at the counted operation with this index (io_count() is the next one's). A point that
  // has passed never comes.
  void CrashAt(uint64_t io_index, CrashSide side = CrashSide::kBefore);
  void CrashAtStore(uint64_t store_index);  // in the middle of a mapped store
  void CrashNow();
  bool crashed() const;
  uint64_t io_count() const;
  uint64_t store_count() const;
  // How many operations (stores apart) a power loss would decide on; bits of PowerLoss::subset.
  uint64_t volatile_count() const;
  // Decides what survived; the storage can be opened again. Without a crash before, crashes first.
  void Restart(CrashKind kind, PowerLoss power, uint64_t seed);

  // --- Faults ---
  SimFaultPlan* faults();
  // Bytes that files may take together (sizes, in whole pages); ENOSPC beyond. UINT64_MAX: no
  // bound. May change at any time.
  void SetQuota(uint64_t bytes);
  uint64_t used_bytes() const;
  // A dead process holds the file's lock for this long (virtual time; on ordinary threads each
  // operation takes 10 us of it and each refused lock 1 ms).
  void HoldLock(const std::string& path, uint64_t nanos);

  // --- Direct access for tests; no operation, no index ---
  bool Exists(const std::string& path) const;
  // All files, by full path, in order.
  std::vector<std::string> ListFiles() const;
  // The content a reader would get now. Empty when the file is missing.
  std::string ReadFile(const std::string& path) const;
  // Replaces bytes on the medium and in what readers get; for corruption sweeps. The range lies
  // within the file.
  void OverwriteFile(const std::string& path, uint64_t offset, std::string_view bytes);
  void FlipBit(const std::string& path, uint64_t bit);
  void ResizeFile(const std::string& path, uint64_t size);
  void RemoveFile(const std::string& path);
  // Makes or replaces a file, durable at once; its directory (made where missing) too.
  void PutFile(const std::string& path, std::string_view content);
  void PutDirectory(const std::string& path);  // with its parents, durable at once
  // Empty when names and contents are equal, else the first difference in words.
  std::string DifferenceFrom(const SimStorage& other) const;

  // --- What is durable ---
  // Whether the file's name, size and content as of I/O index `io_index` (all operations with
  // smaller indices done, none later) was on the medium; an unlink that is not synced yet does not
  // count.
  bool DurableAt(const std::string& path, uint64_t io_index) const;
  bool DurableNow(const std::string& path) const;

  // --- Trace ---
  uint64_t trace_hash() const;  // over every operation, whether text is kept or not
  std::string TraceText() const;

  // For the driver.
  SimWorld* world() const { return world_.get(); }

 private:
  explicit SimStorage(std::shared_ptr<SimWorld> world);
  const std::shared_ptr<SimWorld> world_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_STORAGE_H_
