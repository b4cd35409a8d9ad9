#include "engine/manifest/manifest_state.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "engine/base/check.h"

namespace treering::manifest {
namespace {

Status Refused(const std::string& what) { return Status::Corruption("manifest edit: " + what); }

// Floors never go back; an edit that names a lower one was built on an older state and is right.
void Raise(uint64_t* floor, const std::optional<uint64_t>& to) {
  if (to) *floor = std::max(*floor, *to);
}

}  // namespace

Status ManifestFields::Apply(const VersionEdit& edit) {
  if (edit.generation && *edit.generation < generation) {
    return Refused("generation " + std::to_string(*edit.generation) + " behind generation " +
                   std::to_string(generation));
  }
  Raise(&generation, edit.generation);
  Raise(&next_file_number, edit.next_file_number);
  Raise(&last_sequence, edit.last_sequence);
  if (edit.database_id) database_id = *edit.database_id;
  if (edit.comparator) comparator = *edit.comparator;
  if (edit.options_digest) options_digest = *edit.options_digest;
  if (edit.tail) tail = *edit.tail;
  if (edit.replay_start) replay_start = *edit.replay_start;

  const std::set<uint64_t> forgotten(edit.forgotten_segments.begin(),
                                     edit.forgotten_segments.end());
  const size_t kept = std::erase_if(segments, [&forgotten](const SegmentMeta& segment) {
    return forgotten.contains(segment.number);
  });
  if (kept != edit.forgotten_segments.size()) {
    return Refused("forgets a segment that is not registered");
  }
  segments.insert(segments.end(), edit.registered_segments.begin(), edit.registered_segments.end());
  std::set<uint64_t> numbers;
  for (const SegmentMeta& segment : segments) {
    if (numbers.insert(segment.number).second) continue;
    return Refused("registers segment " + std::to_string(segment.number) + " a second time");
  }
  return Status::Ok();
}

Result<ManifestState> ManifestState::Apply(const VersionEdit& edit) const {
  ManifestState next = *this;
  if (Status s = next.ManifestFields::Apply(edit); !s.ok()) return s;
  if (!edit.added_tables.empty() || !edit.removed_tables.empty()) {
    auto applied = version->Apply(edit);
    if (!applied.ok()) return applied.status();
    next.version = std::move(applied).value();
  }
  return next;
}

std::vector<VersionEdit> ManifestState::ToSnapshot(uint64_t tables_per_edit) const {
  TREERING_CHECK(tables_per_edit > 0);
  std::vector<VersionEdit> parts(1);
  VersionEdit& first = parts[0];
  first.database_id = database_id;
  first.comparator = comparator;
  first.options_digest = options_digest;
  first.generation = generation;
  first.tail = tail;
  first.next_file_number = next_file_number;
  first.last_sequence = last_sequence;
  first.replay_start = replay_start;
  first.registered_segments = segments;
  for (uint32_t level = 0; level < Version::level_count(); ++level) {
    for (const TableRef& table : version->tables(level)) {
      if (parts.back().added_tables.size() == tables_per_edit) parts.emplace_back();
      parts.back().added_tables.push_back(table->meta);
    }
  }
  for (VersionEdit& part : parts) part.snapshot = SnapshotPart::kMore;
  parts.back().snapshot = SnapshotPart::kLast;
  return parts;
}

}  // namespace treering::manifest
