#include "engine/manifest/version_edit.h"

#include <string>
#include <utility>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/manifest/edit_check.h"
#include "engine/manifest/manifest_format.h"

namespace treering::manifest {
namespace {

// Writes fields: the content first, since its length goes before it.
class FieldWriter {
 public:
  explicit FieldWriter(std::string* out) : out_(out) {}

  std::string* content() { return &content_; }
  void Id(const base::Id128& id) {
    base::AppendFixed64(&content_, id.lo);
    base::AppendFixed64(&content_, id.hi);
  }
  void Varint(uint64_t v) { base::AppendVarint64(&content_, v); }
  void End(FieldTag tag) {
    base::AppendVarint32(out_, static_cast<uint32_t>(tag));
    base::AppendLengthPrefixed(out_, content_);
    content_.clear();
  }
  void OptionalVarint(FieldTag tag, const std::optional<uint64_t>& v) {
    if (!v) return;
    Varint(*v);
    End(tag);
  }

 private:
  std::string* const out_;
  std::string content_;
};

void WriteScalars(const VersionEdit& edit, FieldWriter* writer) {
  if (edit.snapshot != SnapshotPart::kNone) {
    writer->content()->push_back(static_cast<char>(edit.snapshot));
    writer->End(FieldTag::kSnapshotPart);
  }
  if (edit.database_id) {
    writer->Id(*edit.database_id);
    writer->End(FieldTag::kDatabaseId);
  }
  if (edit.comparator) {
    writer->content()->append(*edit.comparator);
    writer->End(FieldTag::kComparator);
  }
  if (edit.options_digest) {
    base::AppendFixed64(writer->content(), *edit.options_digest);
    writer->End(FieldTag::kOptionsDigest);
  }
  writer->OptionalVarint(FieldTag::kGeneration, edit.generation);
  if (edit.tail) {
    writer->content()->push_back(static_cast<char>(edit.tail->mode));
    writer->Varint(edit.tail->capacity_bytes);
    writer->End(FieldTag::kTail);
  }
  writer->OptionalVarint(FieldTag::kNextFileNumber, edit.next_file_number);
  writer->OptionalVarint(FieldTag::kLastSequence, edit.last_sequence);
  if (edit.replay_start) {
    writer->Varint(edit.replay_start->lsn);
    base::AppendFixed64(writer->content(), edit.replay_start->previous_sum);
    writer->Varint(edit.replay_start->sequence);
    writer->Varint(edit.replay_start->segment);
    writer->Varint(edit.replay_start->block_index);
    writer->End(FieldTag::kReplayStart);
  }
}

void WriteTable(const TableMeta& table, FieldWriter* writer) {
  writer->Varint(0);  // family
  writer->Varint(table.level);
  writer->Varint(table.number);
  writer->Id(table.id);
  writer->Varint(table.bytes);
  base::AppendFixed64(writer->content(), table.file_hash.lo);
  base::AppendFixed64(writer->content(), table.file_hash.hi);
  base::AppendLengthPrefixed(writer->content(), table.smallest);
  base::AppendLengthPrefixed(writer->content(), table.largest);
  writer->Varint(table.smallest_sequence);
  writer->Varint(table.largest_sequence);
  writer->Varint(table.entries);
  writer->Varint(table.deletions);
  writer->End(FieldTag::kAddedTable);
}

void WriteLists(const VersionEdit& edit, FieldWriter* writer) {
  for (const uint64_t number : edit.forgotten_segments) {
    writer->Varint(number);
    writer->End(FieldTag::kForgottenSegment);
  }
  for (const SegmentMeta& segment : edit.registered_segments) {
    writer->Varint(segment.number);
    writer->Varint(segment.blocks);
    writer->End(FieldTag::kRegisteredSegment);
  }
  for (const RemovedTable& removed : edit.removed_tables) {
    writer->Varint(0);  // family
    writer->Varint(removed.level);
    writer->Varint(removed.number);
    writer->End(FieldTag::kRemovedTable);
  }
  for (const TableMeta& table : edit.added_tables) WriteTable(table, writer);
}

// Takes values off the content of one field; after the first that is not there, none is.
class FieldReader {
 public:
  explicit FieldReader(const Slice& content) : rest_(content) {}

  uint8_t Byte() {
    if (!ok_ || rest_.empty()) return Fail<uint8_t>();
    const auto v = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return v;
  }
  uint64_t Varint() {
    uint64_t v = 0;
    if (!ok_ || !base::GetVarint64(&rest_, &v)) return Fail<uint64_t>();
    return v;
  }
  uint64_t Fixed64() {
    uint64_t v = 0;
    if (!ok_ || !base::GetFixed64(&rest_, &v)) return Fail<uint64_t>();
    return v;
  }
  base::Id128 Id() {
    const uint64_t lo = Fixed64();
    const uint64_t hi = Fixed64();
    return {lo, hi};
  }
  Slice Bytes() {
    Slice v;
    if (!ok_ || !base::GetLengthPrefixed(&rest_, &v)) return Fail<Slice>();
    return v;
  }
  Slice Rest() { return std::exchange(rest_, Slice()); }
  bool Done() const { return ok_ && rest_.empty(); }

 private:
  template <typename T>
  T Fail() {
    ok_ = false;
    rest_ = Slice();
    return T();
  }

  Slice rest_;
  bool ok_ = true;
};

Status CheckFamily(uint64_t family) {
  if (family == 0) return Status::Ok();
  return Status::NotSupported("manifest edit of column family " + std::to_string(family) +
                              "; this build knows family 0 only");
}

Status ReadTable(FieldReader* reader, TableMeta* table) {
  const uint64_t family = reader->Varint();
  const uint64_t level = reader->Varint();
  // A level that does not fit must not become one that does.
  table->level = level < base::kLevelCountMax ? static_cast<uint32_t>(level) : base::kLevelCountMax;
  table->number = reader->Varint();
  table->id = reader->Id();
  table->bytes = reader->Varint();
  table->file_hash.lo = reader->Fixed64();
  table->file_hash.hi = reader->Fixed64();
  table->smallest = reader->Bytes().ToString();
  table->largest = reader->Bytes().ToString();
  table->smallest_sequence = reader->Varint();
  table->largest_sequence = reader->Varint();
  table->entries = reader->Varint();
  table->deletions = reader->Varint();
  return reader->Done() ? CheckFamily(family) : Status::Ok();
}

Status ReadRemoved(FieldReader* reader, RemovedTable* removed) {
  const uint64_t family = reader->Varint();
  const uint64_t level = reader->Varint();
  removed->level =
      level < base::kLevelCountMax ? static_cast<uint32_t>(level) : base::kLevelCountMax;
  removed->number = reader->Varint();
  return reader->Done() ? CheckFamily(family) : Status::Ok();
}

Status ReadTail(FieldReader* reader, TailState* tail) {
  const uint8_t mode = reader->Byte();
  tail->capacity_bytes = reader->Varint();
  if (mode > static_cast<uint8_t>(TailMode::kMapped)) {
    return Status::NotSupported("manifest edit with tail mode " + std::to_string(mode));
  }
  tail->mode = static_cast<TailMode>(mode);
  return Status::Ok();
}

void ReadReplayStart(FieldReader* reader, ReplayStart* start) {
  start->lsn = reader->Varint();
  start->previous_sum = reader->Fixed64();
  start->sequence = reader->Varint();
  start->segment = reader->Varint();
  start->block_index = reader->Varint();
}

bool IsList(FieldTag tag) {
  return tag == FieldTag::kForgottenSegment || tag == FieldTag::kRegisteredSegment ||
         tag == FieldTag::kRemovedTable || tag == FieldTag::kAddedTable;
}

// *known is false for a tag of a later version.
Status ReadScalar(FieldTag tag, FieldReader* reader, VersionEdit* edit, bool* known) {
  switch (tag) {
    case FieldTag::kSnapshotPart: {
      const uint8_t part = reader->Byte();
      if (part < 1 || part > 2) return Status::Corruption("snapshot part is neither 1 nor 2");
      edit->snapshot = static_cast<SnapshotPart>(part);
      return Status::Ok();
    }
    case FieldTag::kDatabaseId:
      edit->database_id = reader->Id();
      return Status::Ok();
    case FieldTag::kComparator:
      edit->comparator = reader->Rest().ToString();
      return Status::Ok();
    case FieldTag::kOptionsDigest:
      edit->options_digest = reader->Fixed64();
      return Status::Ok();
    case FieldTag::kGeneration:
      edit->generation = reader->Varint();
      return Status::Ok();
    case FieldTag::kTail:
      return ReadTail(reader, &edit->tail.emplace());
    case FieldTag::kNextFileNumber:
      edit->next_file_number = reader->Varint();
      return Status::Ok();
    case FieldTag::kLastSequence:
      edit->last_sequence = reader->Varint();
      return Status::Ok();
    case FieldTag::kReplayStart:
      ReadReplayStart(reader, &edit->replay_start.emplace());
      return Status::Ok();
    case FieldTag::kSealed: {
      Successor& successor = edit->sealed.emplace();
      successor.manifest_number = reader->Varint();
      successor.manifest_id = reader->Id();
      return Status::Ok();
    }
    case FieldTag::kManifestBlocks:
      edit->manifest_blocks = reader->Varint();
      return Status::Ok();
    default:
      *known = false;
      return Status::Ok();
  }
}

Status ReadField(FieldTag tag, FieldReader* reader, VersionEdit* edit, bool* known) {
  switch (tag) {
    case FieldTag::kForgottenSegment:
      edit->forgotten_segments.push_back(reader->Varint());
      return Status::Ok();
    case FieldTag::kRegisteredSegment: {
      SegmentMeta& segment = edit->registered_segments.emplace_back();
      segment.number = reader->Varint();
      segment.blocks = reader->Varint();
      return Status::Ok();
    }
    case FieldTag::kRemovedTable:
      return ReadRemoved(reader, &edit->removed_tables.emplace_back());
    case FieldTag::kAddedTable:
      return ReadTable(reader, &edit->added_tables.emplace_back());
    default:
      return ReadScalar(tag, reader, edit, known);
  }
}

Status Damaged(size_t offset, const std::string& what) {
  return Status::Corruption("manifest edit, byte " + std::to_string(offset) + ": " + what);
}

}  // namespace

Status EncodeEdit(const VersionEdit& edit, std::string* out) {
  if (const char* wrong = CheckEdit(edit)) {
    return Status::InvalidArgument(std::string("manifest edit: ") + wrong);
  }
  std::string encoded;
  FieldWriter writer(&encoded);
  WriteScalars(edit, &writer);
  WriteLists(edit, &writer);
  if (edit.sealed) {
    writer.Varint(edit.sealed->manifest_number);
    writer.Id(edit.sealed->manifest_id);
    writer.End(FieldTag::kSealed);
  }
  writer.OptionalVarint(FieldTag::kManifestBlocks, edit.manifest_blocks);
  if (encoded.size() > base::kEditBytesMax) {
    return Status::InvalidArgument("manifest edit of " + std::to_string(encoded.size()) +
                                   " bytes; at most " + std::to_string(base::kEditBytesMax));
  }
  out->append(encoded);
  return Status::Ok();
}

Status DecodeEdit(const Slice& bytes, VersionEdit* edit) {
  *edit = VersionEdit();
  if (bytes.size() > base::kEditBytesMax) {
    return Damaged(0, "length " + std::to_string(bytes.size()) + " is above the limit of " +
                          std::to_string(base::kEditBytesMax));
  }
  Slice rest = bytes;
  uint32_t tag_before = 0;
  while (!rest.empty()) {
    const size_t offset = bytes.size() - rest.size();
    uint32_t tag = 0;
    Slice content;
    if (!base::GetVarint32(&rest, &tag)) return Damaged(offset, "tag is not a number");
    if (!base::GetLengthPrefixed(&rest, &content)) {
      return Damaged(offset, "field " + std::to_string(tag) + " runs past the end of the edit");
    }
    const bool repeated = tag == tag_before && !IsList(static_cast<FieldTag>(tag));
    if (tag == 0 || tag < tag_before) {
      return Damaged(
          offset, "field " + std::to_string(tag) + " behind field " + std::to_string(tag_before));
    }
    tag_before = tag;
    FieldReader reader(content);
    bool known = true;
    if (Status s = ReadField(static_cast<FieldTag>(tag), &reader, edit, &known); !s.ok()) {
      return s.IsCorruption() ? Damaged(offset, std::string(s.message())) : s;
    }
    if (!known && (tag & 1) == 0) {
      return Status::NotSupported("manifest edit, byte " + std::to_string(offset) + ": field " +
                                  std::to_string(tag) + " is of a later version of treering");
    }
    if (!known) continue;
    if (repeated) return Damaged(offset, "field " + std::to_string(tag) + " a second time");
    if (!reader.Done()) {
      return Damaged(offset, "field " + std::to_string(tag) + " has a content of a wrong length");
    }
    if (const char* wrong = CheckCounts(*edit)) return Damaged(offset, wrong);
  }
  if (const char* wrong = CheckEdit(*edit)) return Damaged(0, wrong);
  return Status::Ok();
}

}  // namespace treering::manifest
