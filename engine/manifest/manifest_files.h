// ManifestFiles: CURRENT and the manifest it names, as one thing that can be appended to and moved.
//
// Owner: ManifestStore.
// Threads: one at a time; each call blocks on the queue it is given.
// Invariants:
//   1. Move: new manifest synced < directory synced < old manifest sealed and synced < CURRENT's
//      slot synced < older manifests deleted. Where the old manifest cannot be sealed, both slots
//      move.
//   2. dead() stays OK as long as the present manifest, or a fresh one, can take edits. In a
//      database that exists it is IoError or Failed, never a code that says that nothing happened.
//      Format: docs/format/current.md.
#ifndef TREERING_ENGINE_MANIFEST_MANIFEST_FILES_H_
#define TREERING_ENGINE_MANIFEST_MANIFEST_FILES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/result.h"
#include "api/slice.h"
#include "api/status.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/key/internal_key.h"
#include "engine/manifest/current.h"
#include "engine/manifest/manifest_reader.h"
#include "engine/manifest/manifest_state.h"
#include "engine/manifest/manifest_writer.h"

namespace treering::manifest {

class ManifestFiles {
 public:
  ManifestFiles(io::Directory* directory, io::BufferPool* buffers, uint64_t manifest_bytes)
      : directory_(directory), buffers_(buffers), manifest_bytes_(manifest_bytes) {}

  // Reads the state of the directory, whose listing is `names`. NotFound: no database here, or a
  // file that CURRENT leads to is missing. With locks, Move comes next.
  Result<ManifestReplay::Outcome> Read(io::Queue* queue, const key::KeyOrder& order,
                                       const std::vector<std::string>& names);
  Result<ManifestReplay::Outcome> ReadLocked(io::Queue* queue, const key::KeyOrder& order,
                                             const std::vector<std::string>& names,
                                             uint64_t lock_wait_nanos);

  enum class Appended : uint8_t {
    kDone,        // durable
    kNotWritten,  // *status says why; nothing happened
    kMoveOn,      // no room, or this manifest has failed: Move
  };
  // Appends an encoded edit.
  Appended Append(io::Queue* queue, const Slice& body, Status* status);
  // Appends a block that vouches for all edits so far.
  Appended AppendPromise(io::Queue* queue, Status* status);

  // Goes over to a fresh manifest with `number` that begins as a snapshot of `next`; makes CURRENT
  // where there is none. On failure with dead() OK nothing has happened.
  Status Move(io::Queue* queue, uint64_t number, const ManifestState& next);

  const Status& dead() const { return dead_; }
  uint64_t manifest_number() const { return manifest_number_; }
  // Manifests from here on may be needed.
  uint64_t keep_from() const { return keep_from_; }

 private:
  Appended Judge(const Status& written, Status* status) const;
  Status MoveCurrent(io::Queue* queue, const ManifestState& next, bool sealed);
  void DeleteOldManifests();
  Status Die(const Status& cause);

  io::Directory* const directory_;
  io::BufferPool* const buffers_;
  const uint64_t manifest_bytes_;
  std::unique_ptr<CurrentFile> current_;
  std::unique_ptr<ManifestWriter> writer_;  // after ReadLocked only good for a seal
  // Not of a manifest that was read and has an edit which nothing vouches for: a seal behind an
  // edit that power takes away would be one that nobody finds.
  bool may_seal_ = true;
  Status dead_;
  uint64_t manifest_number_ = 0;
  uint64_t keep_from_ = 0;
};

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_MANIFEST_FILES_H_
