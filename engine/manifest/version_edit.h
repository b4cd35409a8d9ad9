// VersionEdit: one change of a database's state, as the manifest records it.
//
// Owner: a value.
// Threads: plain values.
// Invariants:
//   1. An edit takes effect as a whole; removals come before additions, so a table that is removed
//      at one level and added at another in the same edit has moved.
//   2. Decode(Encode(x)) == x, and what Decode accepts encodes back to the same bytes, except for
//      fields of a later version that are marked skippable.
//   3. A length is checked against the bytes that remain and against base/limits.h before use.
// Format: docs/format/manifest.md, "Edit".
#ifndef TREERING_ENGINE_MANIFEST_VERSION_EDIT_H_
#define TREERING_ENGINE_MANIFEST_VERSION_EDIT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/slice.h"
#include "api/status.h"
#include "engine/base/checksum.h"
#include "engine/manifest/table_meta.h"
#include "engine/wal/replay_start.h"

namespace treering::manifest {

// A log segment that recovery has to read. Segments are used up in the order of registration.
using SegmentMeta = wal::SegmentInfo;
using ReplayStart = wal::ReplayStart;

enum class TailMode : uint8_t { kNone = 0, kMapped = 1 };

struct TailState {
  TailMode mode = TailMode::kNone;
  uint64_t capacity_bytes = 0;
  bool operator==(const TailState&) const = default;
};

// The last edit of a manifest that another one follows.
struct Successor {
  uint64_t manifest_number = 0;
  base::Id128 manifest_id;
  bool operator==(const Successor&) const = default;
};

struct RemovedTable {
  uint32_t level = 0;
  uint64_t number = 0;
  bool operator==(const RemovedTable&) const = default;
};

// A snapshot of the whole state may take several edits; it counts only when its last is there.
enum class SnapshotPart : uint8_t { kNone = 0, kMore = 1, kLast = 2 };

struct VersionEdit {
  SnapshotPart snapshot = SnapshotPart::kNone;
  std::optional<base::Id128> database_id;
  std::optional<std::string> comparator;  // its name
  std::optional<uint64_t> options_digest;
  std::optional<uint64_t> generation;
  std::optional<TailState> tail;
  std::optional<uint64_t> next_file_number;    // a floor: never goes back
  std::optional<key::Sequence> last_sequence;  // a floor: never goes back
  std::optional<ReplayStart> replay_start;
  std::vector<uint64_t> forgotten_segments;
  std::vector<SegmentMeta> registered_segments;  // behind those already registered
  std::vector<RemovedTable> removed_tables;
  std::vector<TableMeta> added_tables;
  std::optional<Successor> sealed;
  std::optional<uint64_t> manifest_blocks;  // first edit of a manifest: how long its file is

  bool operator==(const VersionEdit&) const = default;
};

// Appends the encoded edit to *out. InvalidArgument when it passes a limit of base/limits.h; then
// *out is unchanged.
Status EncodeEdit(const VersionEdit& edit, std::string* out);

// Corruption with the offset inside `bytes` of what is wrong; NotSupported for a field that this
// build does not know and that may not be skipped, and for a column family other than 0.
Status DecodeEdit(const Slice& bytes, VersionEdit* edit);

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_VERSION_EDIT_H_
