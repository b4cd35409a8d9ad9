// A hostile directory: a database whose edits, log and tables were changed by someone who made all
// sums right. It opens or is refused with a reason; every call ends, in bounded memory. Where
// verification finds nothing wrong, all ways to read agree, and a compaction changes no answer.
#include <algorithm>

#include "engine/base/file_names.h"
#include "engine/manifest/current_format.h"
#include "engine/manifest/edit_group.h"
#include "engine/manifest/manifest_replay.h"
#include "engine/table/table_format.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"
#include "tests/fuzz/log_seal.h"
#include "tests/fuzz/table_seal.h"
#include "tests/fuzz/whole_directory.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

using Files = std::map<std::string, std::string>;
using Content = std::vector<std::pair<std::string, std::string>>;

constexpr uint64_t kPage = base::kPageBytes;

// The manifest that counts, taken apart.
struct Manifest {
  manifest::ManifestIdentity identity;
  std::vector<manifest::VersionEdit> edits;
  uint64_t blocks = 0;  // of the file
  fuzz::LogIdentity log;
};

Manifest TakeApart() {
  Files files = fuzz::Whole().files;
  std::string& current = files.at("CURRENT");
  const auto choice = manifest::ChooseSlot(std::as_writable_bytes(std::span(current)));
  FUZZ_CHECK(choice.ok());
  Manifest made;
  made.identity = {choice->slot.manifest_number, choice->slot.manifest_id};
  const std::string& file = files.at(made.identity.FileName());
  made.blocks = file.size() / kPage;
  const auto bytes = std::as_bytes(std::span(file));
  manifest::ManifestReplay replay(made.identity, key::KeyOrder(BytewiseComparator()), 0);
  std::string group;
  for (uint64_t i = 0; i < made.blocks; ++i) {
    const auto page = bytes.subspan(i * kPage, kPage);
    FUZZ_CHECK(replay.Feed(page).ok());
    manifest::ManifestBlock block;
    std::string reason;
    const auto state = manifest::DecodeBlock(made.identity, i, page, &block, &reason);
    if (state != manifest::BlockState::kValid || block.promise_only) continue;
    if (block.first) group.clear();
    group.append(block.payload.data(), block.payload.size());
    if (!block.last) continue;
    Slice body;
    FUZZ_CHECK(manifest::DecodeGroup(made.identity.id, block.edit_number, group, &body).ok());
    FUZZ_CHECK(manifest::DecodeEdit(body, &made.edits.emplace_back()).ok());
  }
  const auto outcome = replay.Finish();
  FUZZ_CHECK(outcome.ok() && !outcome->sealed);
  const manifest::ManifestState& state = outcome->state;
  made.log = {state.database_id, state.generation, state.replay_start, state.segments,
              state.tail.capacity_bytes};
  return made;
}

// The edits of the input's making in groups and blocks as a writer lays them out.
std::string Encode(const Manifest& manifest, const std::vector<std::string>& bodies) {
  std::string file(manifest.blocks * kPage, '\0');
  const auto bytes = std::as_writable_bytes(std::span(file));
  const size_t payload = manifest::BlockPayloadBytesMax();
  uint64_t index = 0;
  uint64_t previous_sum = 0;
  uint64_t edit_number = 0;
  for (const std::string& body : bodies) {
    const std::string group = manifest::EncodeGroup(manifest.identity.id, ++edit_number, body);
    for (size_t at = 0; at < group.size() && index < manifest.blocks; at += payload, ++index) {
      manifest::ManifestBlock block;
      block.index = index;
      block.edit_number = edit_number;
      block.first = at == 0;
      block.last = at + payload >= group.size();
      block.previous_sum = previous_sum;
      block.payload = Slice(group.data() + at, std::min(payload, group.size() - at));
      manifest::EncodeBlock(manifest.identity, &block, bytes.subspan(index * kPage, kPage));
      previous_sum = block.sum;
    }
  }
  return file;
}

// A part of the input damages the bytes.
void DamageWithPart(fuzz::FuzzInput* input, std::string* bytes) {
  const std::string edit = input->Bytes(input->Byte());
  fuzz::FuzzInput part(reinterpret_cast<const uint8_t*>(edit.data()), edit.size());
  fuzz::Damage(&part, bytes);
}

void ChangeTable(fuzz::FuzzInput* input, manifest::TableMeta* meta, Files* files) {
  const auto found = files->find(base::MakeFileName(base::FileKind::kTable, meta->number));
  if (found == files->end()) return;
  table::TableInfo info;
  DamageWithPart(input, &found->second);
  fuzz::SealTable(&found->second, &info);
  meta->bytes = info.bytes;
  if (info.entries == 0) return;  // no footer that a reader would accept
  meta->id = info.file_id;
  meta->file_hash = info.hash;
  meta->entries = info.entries;
  meta->deletions = info.deletions;
  meta->smallest_sequence = info.smallest_sequence;
  meta->largest_sequence = info.largest_sequence;
}

// A number near a power of two: where limits lie.
uint64_t NearLimit(fuzz::FuzzInput* input) {
  const uint64_t power = uint64_t{1} << (input->Byte() % 64);
  return power + static_cast<uint64_t>(static_cast<int8_t>(input->Byte()));
}

void ChangeTableMeta(fuzz::FuzzInput* input, manifest::TableMeta* meta) {
  switch (input->Byte() % 8) {
    case 0:
      meta->number = NearLimit(input);
      break;
    case 1:
      meta->level = input->Byte() % base::kLevelCountMax;
      break;
    case 2:
      meta->smallest = input->Bytes(input->Byte() % 32);
      break;
    case 3:
      meta->largest = input->Bytes(input->Byte() % 32);
      break;
    case 4:
      meta->smallest_sequence = NearLimit(input);
      break;
    case 5:
      meta->largest_sequence = NearLimit(input);
      break;
    case 6:
      meta->entries = NearLimit(input);
      break;
    default:
      meta->bytes = NearLimit(input);
  }
}

// One field gets another value.
void ChangeEdit(fuzz::FuzzInput* input, manifest::VersionEdit* edit) {
  const auto some = [input](auto* list) { return &(*list)[input->Byte() % list->size()]; };
  switch (input->Byte() % 16) {
    case 0:
      edit->generation = NearLimit(input);
      break;
    case 1:
      edit->next_file_number = NearLimit(input);
      break;
    case 2:
      edit->last_sequence = NearLimit(input);
      break;
    case 3:
      edit->replay_start.emplace().lsn = NearLimit(input);
      break;
    case 4:
      if (edit->replay_start) edit->replay_start->sequence = NearLimit(input);
      break;
    case 5:
      if (edit->replay_start) edit->replay_start->segment = NearLimit(input);
      break;
    case 6:
      if (edit->replay_start) edit->replay_start->block_index = NearLimit(input);
      break;
    case 7:
      edit->tail =
          manifest::TailState{static_cast<manifest::TailMode>(input->Byte() % 2), NearLimit(input)};
      break;
    case 8:
      edit->registered_segments.push_back({NearLimit(input), NearLimit(input)});
      break;
    case 9:
      if (!edit->registered_segments.empty()) {
        some(&edit->registered_segments)->blocks = NearLimit(input);
      }
      break;
    case 10:
      edit->forgotten_segments.push_back(NearLimit(input));
      break;
    case 11:
      edit->removed_tables.push_back({input->Byte() % base::kLevelCountMax, NearLimit(input)});
      break;
    case 12:
      edit->sealed = manifest::Successor{NearLimit(input), {input->Byte(), 1}};
      break;
    case 13:
      edit->manifest_blocks = NearLimit(input);
      break;
    default:
      if (!edit->added_tables.empty()) ChangeTableMeta(input, some(&edit->added_tables));
  }
}

fuzz::FileChanges TakeChanges(fuzz::FuzzInput* input) {
  static const Manifest* const manifest = new Manifest(TakeApart());
  const uint8_t what = input->Byte();
  Files files = fuzz::Whole().files;
  std::vector<std::string> bodies;
  for (manifest::VersionEdit edit : manifest->edits) {
    for (manifest::TableMeta& meta : edit.added_tables) {
      if (what & 1) ChangeTable(input, &meta, &files);
    }
    std::string body;
    FUZZ_CHECK(manifest::EncodeEdit(edit, &body).ok());
    if (what & 2) DamageWithPart(input, &body);
    if ((what & 16) && input->Byte() % 4 != 0) {
      ChangeEdit(input, &edit);
      std::string changed;
      if (manifest::EncodeEdit(edit, &changed).ok()) body = std::move(changed);
    }
    bodies.push_back(std::move(body));
  }
  if (what & 19) files[manifest->identity.FileName()] = Encode(*manifest, bodies);
  if (what & 4) {
    for (const wal::SegmentInfo& segment : manifest->log.segments) {
      DamageWithPart(input, &files[base::MakeFileName(base::FileKind::kSegment, segment.number)]);
    }
    fuzz::SealSegments(manifest->log, &files);
  }
  if (what & 8) {
    std::string& tail = files["TAIL"];
    DamageWithPart(input, &tail);
    fuzz::SealTail(manifest->log, &tail);
  }
  fuzz::FileChanges changes;
  for (auto& [name, content] : files) {
    if (content != fuzz::Whole().files.at(name)) changes[name] = std::move(content);
  }
  return changes;
}

// Nothing, where an error ended the walk.
std::optional<Content> Walk(DB* db, bool forward) {
  // Each byte of a file in an entry of its own could be no more.
  constexpr uint64_t kStepsMax = 1u << 20;
  Content content;
  const auto it = db->NewIterator();
  for (forward ? it->SeekToFirst() : it->SeekToLast(); it->Valid();
       forward ? it->Next() : it->Prev()) {
    content.emplace_back(it->key().ToString(), it->value().ToString());
    FUZZ_CHECK(content.size() <= kStepsMax);
  }
  if (!it->status().ok()) return std::nullopt;
  if (!forward) std::reverse(content.begin(), content.end());
  return content;
}

// What the database holds, if verification finds nothing wrong.
std::optional<Content> Read(DB* db) {
  const auto forward = Walk(db, true);
  const auto backward = Walk(db, false);
  const auto it = db->NewIterator();
  for (const char* const key : {"", "key11", "key13", "key3", "key45", "key59", "z"}) {
    PinnedValue found;
    (void)db->Get(key, &found);
    it->Seek(key);
    if (it->Valid()) it->Prev();
  }
  const Range ranges[] = {{"", "key3"}, {"key2", "z"}};
  const auto sizes = db->ApproximateSizes(ranges);
  const auto report = db->Verify();
  if (sizes.ok() && report.ok()) {
    for (const uint64_t bytes : *sizes) FUZZ_CHECK(bytes <= report->bytes);
  }
  if (!report.ok() || !report->problems.empty()) return std::nullopt;
  FUZZ_CHECK(forward && backward && *forward == *backward);
  for (const auto& [key, value] : *forward) {
    PinnedValue found;
    FUZZ_CHECK(db->Get(key, &found).ok() && found.ToString() == value);
  }
  return forward;
}

void ReadAndWrite(DB* db) {
  const auto before = Read(db);
  const Status compacted = db->CompactRange(nullptr, nullptr);
  const auto after = Read(db);
  if (before && after && compacted.ok()) FUZZ_CHECK(*before == *after);
  (void)db->Put("one more", "value");
  (void)db->Delete("one more");
  (void)db->Flush();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  (void)fuzz::Whole();
  fuzz::FuzzInput input(data, size);
  const bool read_only = input.Byte() % 8 != 0;
  const fuzz::FileChanges changes = TakeChanges(&input);
  const fuzz::HeapMeter heap;
  if (read_only) {
    fuzz::View(changes, [](DB* db) { (void)Read(db); });
  } else {
    fuzz::Use(changes, ReadAndWrite);
  }
  FUZZ_CHECK(heap.PeakBytes() <= fuzz::kDirectoryHeapBytesMax);
  return 0;
}
