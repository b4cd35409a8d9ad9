// ManifestBlock: a log block as the manifest uses it.
//
// Owner: values.
// Threads: any.
// Invariants:
//   1. A block decodes only in the manifest, and at the place, that it was made for.
// Format: docs/format/manifest.md, "File".
#ifndef TREERING_ENGINE_MANIFEST_MANIFEST_BLOCK_H_
#define TREERING_ENGINE_MANIFEST_MANIFEST_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "api/slice.h"
#include "engine/base/checksum.h"

namespace treering::manifest {

// Which manifest: the number is in its name, the id seeds its sums.
struct ManifestIdentity {
  uint64_t number = 0;
  base::Id128 id;
  std::string FileName() const;
};

struct ManifestBlock {
  uint64_t index = 0;        // in the file
  uint64_t edit_number = 0;  // of its group; of the last edit before a promise block
  bool first = false;        // begins a group
  bool last = false;         // ends a group
  bool promise_only = false;
  uint64_t previous_sum = 0;
  uint64_t promise = 0;  // blocks below it are durable
  Slice payload;         // in DecodeBlock's bytes
  uint64_t sum = 0;      // set by both
};

size_t BlockPayloadBytesMax();

// `out` is one page.
void EncodeBlock(const ManifestIdentity& identity, ManifestBlock* block, std::span<std::byte> out);

enum class BlockState : uint8_t { kValid, kNeverWritten, kDamaged };
// *reason says expected and found unless the block is valid.
BlockState DecodeBlock(const ManifestIdentity& identity, uint64_t index,
                       std::span<const std::byte> bytes, ManifestBlock* block, std::string* reason);

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_MANIFEST_BLOCK_H_
