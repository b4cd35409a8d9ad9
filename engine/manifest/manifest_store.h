// ManifestStore: the one owner of a database's manifest, CURRENT and present state.
//
// Owner: the database; outlived by its Directory, KeyOrder's comparator and BufferPool. Destroyed
//   when no call is running.
// Threads: any. Calls that write take turns; current() and state() never wait for a write. Each
//   call that does I/O runs it on the queue it is given, which is the calling thread's own.
// Invariants:
//   1. Order: new tables synced, directory synced (both by the caller) < edit synced < publish <
//      deletion of inputs and reuse of log space, which also waits for the promise.
//   2. The state in memory is never ahead of what is durable.
//   3. A new manifest: snapshot synced < directory synced < old one sealed and synced < CURRENT
//      slot synced < first use < older ones deleted (the one before is kept).
//   4. After a failed write or sync a file is never written again. The store goes on in a fresh
//      manifest; if that fails too, every later change answers the first error.
//   5. A file number is recorded before it is handed out (after BeginGeneration or Create), and
//      numbers seen on disk are never handed out.
//   6. Opened read-only it takes no lock and writes nothing.
// Format: docs/format/manifest.md, docs/format/current.md.
#ifndef TREERING_ENGINE_MANIFEST_MANIFEST_STORE_H_
#define TREERING_ENGINE_MANIFEST_MANIFEST_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/result.h"
#include "api/status.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/key/internal_key.h"
#include "engine/manifest/directory_names.h"
#include "engine/manifest/manifest_state.h"
#include "engine/manifest/version.h"
#include "engine/manifest/version_edit.h"

namespace treering::manifest {

class ManifestStore {
 public:
  enum class Access : uint8_t { kReadOnly, kReadWrite };

  struct Options {
    explicit Options(const key::KeyOrder& key_order, io::BufferPool* pool)
        : order(key_order), buffers(pool) {}
    key::KeyOrder order;
    io::BufferPool* buffers;
    // How long Open waits for the locks of CURRENT and the manifest: a dead process's last writes
    // may still be landing.
    uint64_t lock_wait_nanos = 5'000'000'000;
    // Room made for a manifest; it rolls over when this, or four snapshots, are full.
    uint64_t manifest_bytes = 1u << 20;
  };

  // Runs after an edit is durable and before the next one can be; the new version is already what
  // current() gives. Must not call back into the store.
  using PublishHook = std::function<void(const std::shared_ptr<const Version>&)>;

  // Makes the manifest and CURRENT of a new database. `first` names at least generation, comparator
  // and database_id. Removes what a creation that never ended left behind. InvalidArgument when the
  // directory already holds a database. Ready for Commit at once.
  static Result<std::unique_ptr<ManifestStore>> Create(io::Directory* directory, io::Queue* queue,
                                                       const Options& options,
                                                       const VersionEdit& first);

  // Reads the state. NotFound when the directory holds no database (or one whose creation never
  // ended: call Create). Corruption with file, offset, expected and found. InvalidArgument when it
  // was made with another comparator. Busy when a lock stays held. With kReadWrite, BeginGeneration
  // must come before the first Commit. With kReadOnly, Aborted when files vanished meanwhile again
  // and again.
  static Result<std::unique_ptr<ManifestStore>> Open(io::Directory* directory, io::Queue* queue,
                                                     const Options& options, Access access);

  ~ManifestStore();
  ManifestStore(const ManifestStore&) = delete;
  ManifestStore& operator=(const ManifestStore&) = delete;

  std::shared_ptr<const Version> current() const;
  ManifestState state() const;
  // The first error that ended writing, for good; OK while changes are possible.
  Status status() const;
  // Bytes of unacknowledged blocks that Open found behind the end of the manifest and left out.
  uint64_t bytes_cut() const;

  // The step from "recovered" to "in use", once per read-write open: applies `edit` (which names a
  // generation above the recovered one, recovered tables, new segments and replay start), writes
  // all of it as a new manifest and moves CURRENT to it.
  Status BeginGeneration(io::Queue* queue, const VersionEdit& edit,
                         const PublishHook& publish = {});

  // Makes `edit` durable, then publishes the version it leads to. An error with status() OK:
  // nothing changed; Corruption or InvalidArgument when the edit does not fit, NoSpace or
  // OutOfMemory when it can be tried again. An error with status() set (IoError or Failed): the
  // outcome is decided at the next open, so keep the edit's new tables; every later change answers
  // the same.
  Status Commit(io::Queue* queue, const VersionEdit& edit, const PublishHook& publish = {});

  // Makes a later block vouch for the last edit. Do it before log space is used again and before a
  // removed table's file is deleted; cheap when a later edit has done it already.
  Status PromiseLatest(io::Queue* queue);

  // Moves to a fresh manifest.
  Status Rollover(io::Queue* queue);

  // A number no file of this database ever had.
  Result<uint64_t> NewFileNumber(io::Queue* queue);

  // Numbers of tables that were removed by an edit that is promised durable and that no version
  // holds any more (nor anybody their HandleSlot): their files may be deleted. Each is given once.
  std::vector<uint64_t> TakeObsoleteTables();

  // Of `names` (a listing of the directory made after BeginGeneration or Create): files that
  // nothing refers to and that no running work can be making, because their numbers were handed out
  // (or seen) before this open. LOCK, LOG, TAIL and unknown names are never among them.
  std::vector<std::string> OrphanFiles(const std::vector<std::string>& names) const;

  uint64_t manifest_number() const;

 private:
  struct Impl;
  explicit ManifestStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_MANIFEST_STORE_H_
