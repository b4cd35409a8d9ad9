#include "engine/manifest/edit_check.h"

#include <string>

#include "engine/base/limits.h"
#include "engine/manifest/manifest_format.h"
#include "engine/wal/log_format.h"

namespace treering::manifest {
namespace {

const char* CheckNumber(uint64_t number) {
  return number >= 1 && number <= base::kFileNumberMax ? nullptr : "file number out of range";
}

const char* CheckKey(const std::string& key) {
  const bool fits =
      key.size() >= key::kTagBytes && key.size() <= base::kKeyBytesMax + key::kTagBytes;
  return fits ? nullptr : "table key of a length that no key has";
}

const char* CheckTable(const TableMeta& table) {
  if (const char* wrong = CheckNumber(table.number)) return wrong;
  if (table.level >= base::kLevelCountMax) return "level out of range";
  if (table.bytes > base::kTableBytesMax) return "table longer than any table";
  if (const char* wrong = CheckKey(table.smallest)) return wrong;
  if (const char* wrong = CheckKey(table.largest)) return wrong;
  if (table.largest_sequence > base::kSequenceMax) return "sequence out of range";
  if (table.smallest_sequence > table.largest_sequence) return "sequences the wrong way round";
  if (table.deletions > table.entries) return "more deletions than entries";
  return nullptr;
}

const char* CheckSegment(const SegmentMeta& segment) {
  if (const char* wrong = CheckNumber(segment.number)) return wrong;
  const bool fits = segment.blocks >= 1 && segment.blocks <= kSegmentBlocksMax;
  return fits ? nullptr : "segment length out of range";
}

const char* CheckRemoved(const RemovedTable& removed) {
  if (removed.level >= base::kLevelCountMax) return "level out of range";
  return CheckNumber(removed.number);
}

const char* CheckReplayStart(const ReplayStart& start) {
  if (start.sequence > base::kSequenceMax) return "sequence out of range";
  if (start.lsn > wal::kLsnMax) return "log block number out of range";
  if (start.block_index > kSegmentBlocksMax) return "block index out of range";
  return start.segment <= base::kFileNumberMax ? nullptr : "file number out of range";
}

const char* CheckComparator(const std::string& name) {
  return !name.empty() && name.size() <= base::kNameBytesMax ? nullptr
                                                             : "comparator name of a bad length";
}

const char* CheckScalars(const VersionEdit& edit) {
  if (edit.comparator) {
    if (const char* wrong = CheckComparator(*edit.comparator)) return wrong;
  }
  if (edit.next_file_number && *edit.next_file_number > base::kFileNumberMax) {
    return "file number out of range";
  }
  if (edit.last_sequence && *edit.last_sequence > base::kSequenceMax) {
    return "sequence out of range";
  }
  if (edit.replay_start) {
    if (const char* wrong = CheckReplayStart(*edit.replay_start)) return wrong;
  }
  if (edit.sealed) return CheckNumber(edit.sealed->manifest_number);
  return nullptr;
}

template <typename List, typename Check>
const char* CheckList(const List& list, Check check) {
  for (const auto& entry : list) {
    if (const char* wrong = check(entry)) return wrong;
  }
  return nullptr;
}

}  // namespace

const char* CheckCounts(const VersionEdit& edit) {
  const bool fits = edit.forgotten_segments.size() <= kSegmentsPerEditMax &&
                    edit.registered_segments.size() <= kSegmentsPerEditMax &&
                    edit.removed_tables.size() <= base::kTablesPerEditMax &&
                    edit.added_tables.size() <= base::kTablesPerEditMax;
  return fits ? nullptr : "too many entries in one edit";
}

const char* CheckEdit(const VersionEdit& edit) {
  if (const char* wrong = CheckCounts(edit)) return wrong;
  if (const char* wrong = CheckScalars(edit)) return wrong;
  if (const char* wrong = CheckList(edit.forgotten_segments, CheckNumber)) return wrong;
  if (const char* wrong = CheckList(edit.registered_segments, CheckSegment)) return wrong;
  if (const char* wrong = CheckList(edit.removed_tables, CheckRemoved)) return wrong;
  return CheckList(edit.added_tables, CheckTable);
}

}  // namespace treering::manifest
