// ManifestState: everything the manifest says about a database at one moment.
//
// Owner: ManifestStore holds the present one; others get copies.
// Threads: a value.
// Invariants:
//   1. Made by applying edits in order; nothing here is newer than what the manifest holds.
//   2. next_file_number, last_sequence and generation never go back.
#ifndef TREERING_ENGINE_MANIFEST_MANIFEST_STATE_H_
#define TREERING_ENGINE_MANIFEST_MANIFEST_STATE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/result.h"
#include "engine/base/checksum.h"
#include "engine/manifest/version.h"
#include "engine/manifest/version_edit.h"

namespace treering::manifest {

// All of it but the tables.
struct ManifestFields {
  base::Id128 database_id;
  std::string comparator;
  uint64_t options_digest = 0;
  uint64_t generation = 0;
  TailState tail;
  // Numbers below it may be in use. In a state that Open gives, also above every number that was
  // seen on disk.
  uint64_t next_file_number = 1;
  key::Sequence last_sequence = 0;
  ReplayStart replay_start;
  std::vector<SegmentMeta> segments;  // in order of use

  // Corruption when the edit does not fit; the fields are then of no more use.
  Status Apply(const VersionEdit& edit);

  bool operator==(const ManifestFields&) const = default;
};

struct ManifestState : ManifestFields {
  std::shared_ptr<const Version> version;

  // The state after `edit`; Corruption when the edit does not fit this state. `edit.sealed` and
  // `edit.snapshot` are the log's own and do nothing here.
  Result<ManifestState> Apply(const VersionEdit& edit) const;

  // The whole state as edits of at most `tables_per_edit` tables, marked as snapshot parts.
  std::vector<VersionEdit> ToSnapshot(uint64_t tables_per_edit) const;
};

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_MANIFEST_STATE_H_
