// ManifestReader: reads the manifest that CURRENT names, and those that seals lead on to.
//
// Owner: one call.
// Threads: one at a time; blocks on the caller's queue.
// Invariants:
//   1. With locks, what is read was made durable before. Without, nothing is written.
// Format: docs/format/manifest.md, docs/format/current.md.
#ifndef TREERING_ENGINE_MANIFEST_MANIFEST_READER_H_
#define TREERING_ENGINE_MANIFEST_MANIFEST_READER_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "api/result.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/key/internal_key.h"
#include "engine/manifest/current_format.h"
#include "engine/manifest/manifest_block.h"
#include "engine/manifest/manifest_replay.h"

namespace treering::manifest {

struct RecoveredManifest {
  ManifestIdentity identity;
  ManifestReplay::Outcome outcome;
  std::unique_ptr<io::File> file;  // open for writing and locked, when locks were asked for
};

struct ManifestReaderContext {
  io::Directory* directory;
  io::Queue* queue;
  io::BufferPool* buffers;
  key::KeyOrder order;
  // Take the locks, waiting this long for each; unset: read only.
  std::optional<uint64_t> lock_wait_nanos;
};

// Follows seals to the manifest that counts. NotFound when a file is missing.
Result<RecoveredManifest> RecoverManifest(const ManifestReaderContext& context,
                                          const CurrentSlot& slot);

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_MANIFEST_READER_H_
