// ManifestWriter: the one open manifest that edits are appended to.
//
// Owner: ManifestStore.
// Threads: one at a time.
// Invariants:
//   1. Append answers OK only when the edit is synced.
//   2. No block is written twice; the file's size never changes after Create.
//   3. After a failed write or sync nothing is written any more: poisoned.
//   4. Room for a seal and a promise block is always kept back.
// Format: docs/format/manifest.md.
#ifndef TREERING_ENGINE_MANIFEST_MANIFEST_WRITER_H_
#define TREERING_ENGINE_MANIFEST_MANIFEST_WRITER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "api/result.h"
#include "api/slice.h"
#include "api/status.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/manifest/manifest_block.h"
#include "engine/manifest/manifest_replay.h"
#include "engine/manifest/version_edit.h"

namespace treering::manifest {

class ManifestWriter {
 public:
  // How long to make a manifest that begins with `snapshot` (encoded edits): `bytes_min`, and room
  // for four snapshots at least.
  static uint64_t CapacityBlocks(const std::vector<std::string>& snapshot, uint64_t bytes_min);

  // Makes the file, locked, writes the snapshot and syncs the file; the directory is the caller's.
  // On failure the file is removed again where that can be done.
  static Result<std::unique_ptr<ManifestWriter>> Create(io::Directory* directory, io::Queue* queue,
                                                        io::BufferPool* buffers,
                                                        const ManifestIdentity& identity,
                                                        const std::vector<std::string>& snapshot,
                                                        uint64_t capacity_blocks);

  // The old manifest that recovery read, to be sealed behind its end and for nothing else.
  static std::unique_ptr<ManifestWriter> ForSeal(const ManifestIdentity& identity,
                                                 std::unique_ptr<io::File> file,
                                                 io::BufferPool* buffers,
                                                 const ManifestReplay::Outcome& end);

  // Whether an encoded edit of that many bytes can be appended.
  bool Fits(size_t body_bytes) const;
  // Appends one encoded edit that Fits. Not OK with poison() OK: there was no memory, nothing was
  // written.
  Status Append(io::Queue* queue, const Slice& body);
  // The last edit this file takes; room for it was kept back.
  Status Seal(io::Queue* queue, const Successor& successor);
  // A block that vouches for all before it. False: no room, roll over instead.
  bool PromiseFits() const;
  Status AppendPromise(io::Queue* queue);

  const ManifestIdentity& identity() const { return identity_; }
  uint64_t durable_blocks() const { return durable_blocks_; }
  // OK until a write or sync failed.
  const Status& poison() const { return poison_; }

 private:
  ManifestWriter(const ManifestIdentity& identity, std::unique_ptr<io::File> file,
                 io::BufferPool* buffers, uint64_t capacity_blocks);

  Status WriteSnapshot(io::Queue* queue, const std::vector<std::string>& snapshot);
  Status AppendGroup(io::Queue* queue, const Slice& body);
  Status WriteGroup(io::Queue* queue, const Slice& group, io::Buffer* buffer);
  // Syncs what `written` says was written; poisons on failure.
  Status Finish(io::Queue* queue, Status written);

  const ManifestIdentity identity_;
  const std::unique_ptr<io::File> file_;
  io::BufferPool* const buffers_;
  const uint64_t capacity_blocks_;
  uint64_t blocks_ = 0;  // written
  uint64_t durable_blocks_ = 0;
  uint64_t previous_sum_ = 0;
  uint64_t edit_number_ = 0;  // of the last edit
  Status poison_;
};

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_MANIFEST_WRITER_H_
