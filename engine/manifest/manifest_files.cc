#include "engine/manifest/manifest_files.h"

#include <optional>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/contain.h"
#include "engine/base/file_names.h"
#include "engine/base/prng.h"
#include "engine/manifest/directory_names.h"

namespace treering::manifest {
namespace {

// 256 tables with the longest keys stay below the limit of an edit.
constexpr uint64_t kTablesPerSnapshotPart = 256;

struct Snapshot {
  std::vector<std::string> bodies;  // encoded edits
  uint64_t file_blocks = 0;
};

Result<Snapshot> EncodeSnapshot(const ManifestState& state, uint64_t manifest_bytes) {
  Snapshot snapshot;
  std::vector<VersionEdit> parts = state.ToSnapshot(kTablesPerSnapshotPart);
  for (const VersionEdit& part : parts) {
    if (Status s = EncodeEdit(part, &snapshot.bodies.emplace_back()); !s.ok()) return s;
  }
  // The first edit says how long the file is, which follows from all of them. Its own few bytes
  // more are less than the room that is made beyond need.
  snapshot.file_blocks = ManifestWriter::CapacityBlocks(snapshot.bodies, manifest_bytes);
  parts[0].manifest_blocks = snapshot.file_blocks;
  snapshot.bodies[0].clear();
  if (Status s = EncodeEdit(parts[0], &snapshot.bodies[0]); !s.ok()) return s;
  return snapshot;
}

Status NoDatabase(const io::Directory& directory, const std::vector<std::string>& names) {
  if (CreationNeverEnded(names)) return Status::NotFound(directory.path() + " holds no database");
  return Status::Corruption(directory.path() +
                            ": expected CURRENT beside the database's files, found none; if it was "
                            "being destroyed, destroy it again");
}

}  // namespace

Result<ManifestReplay::Outcome> ManifestFiles::Read(io::Queue* queue, const key::KeyOrder& order,
                                                    const std::vector<std::string>& names) {
  if (!HasCurrent(names)) return NoDatabase(*directory_, names);
  auto slot = CurrentFile::ReadOnly(directory_, queue, buffers_);
  if (!slot.ok()) return slot.status();
  auto read = RecoverManifest({directory_, queue, buffers_, order, std::nullopt}, *slot);
  if (!read.ok()) return read.status();
  manifest_number_ = read->identity.number;
  return std::move(read->outcome);
}

Result<ManifestReplay::Outcome> ManifestFiles::ReadLocked(io::Queue* queue,
                                                          const key::KeyOrder& order,
                                                          const std::vector<std::string>& names,
                                                          uint64_t lock_wait_nanos) {
  if (!HasCurrent(names)) return NoDatabase(*directory_, names);
  auto current = CurrentFile::OpenLocked(directory_, queue, buffers_, lock_wait_nanos);
  if (!current.ok()) return current.status();
  current_ = std::move(current).value();
  auto read =
      RecoverManifest({directory_, queue, buffers_, order, lock_wait_nanos}, current_->slot());
  if (!read.ok()) return read.status();
  manifest_number_ = read->identity.number;
  keep_from_ = current_->slot().manifest_number;
  writer_ = ManifestWriter::ForSeal(read->identity, std::move(read->file), buffers_, read->outcome);
  may_seal_ = read->outcome.all_edits_promised;
  return std::move(read->outcome);
}

ManifestFiles::Appended ManifestFiles::Judge(const Status& written, Status* status) const {
  *status = written;
  if (written.ok()) return Appended::kDone;
  return writer_->poison().ok() ? Appended::kNotWritten : Appended::kMoveOn;
}

ManifestFiles::Appended ManifestFiles::Append(io::Queue* queue, const Slice& body, Status* status) {
  if (!writer_->Fits(body.size())) return Appended::kMoveOn;
  return Judge(writer_->Append(queue, body), status);
}

ManifestFiles::Appended ManifestFiles::AppendPromise(io::Queue* queue, Status* status) {
  if (!writer_->PromiseFits()) return Appended::kMoveOn;
  return Judge(writer_->AppendPromise(queue), status);
}

// From here on nobody knows which edits the next open will find. That must not look like a refusal
// that changed nothing, so only a broken invariant keeps its code.
Status ManifestFiles::Die(const Status& cause) {
  if (!dead_.ok()) return dead_;
  const bool keeps_code = cause.IsFailed() || current_ == nullptr;  // no database: nothing to lose
  dead_ = keeps_code ? cause : Status::WithoutWords(Status::Code::kIoError);
  if (keeps_code) return dead_;
  (void)base::Contain([&] {
    dead_ = Status::IoError(
        "the manifest takes no more changes, the last one is "
        "decided at the next open; cause: " +
        cause.ToString());
  });
  return dead_;
}

Status ManifestFiles::Move(io::Queue* queue, uint64_t number, const ManifestState& next) {
  if (!dead_.ok()) return dead_;
  const bool can_stay = writer_ == nullptr || writer_->poison().ok();
  const auto failed = [this, can_stay](const Status& s) { return can_stay ? s : Die(s); };
  const ManifestIdentity identity = {number, {base::EntropyU64(), base::EntropyU64()}};
  auto snapshot = EncodeSnapshot(next, manifest_bytes_);
  if (!snapshot.ok()) return failed(snapshot.status());
  auto created = ManifestWriter::Create(directory_, queue, buffers_, identity, snapshot->bodies,
                                        snapshot->file_blocks);
  if (!created.ok()) return failed(created.status());
  Status moved = base::Contain([&] { return directory_->Sync(); });
  if (!moved.ok()) return Die(moved);
  const bool may_seal = writer_ != nullptr && std::exchange(may_seal_, true);
  const Successor successor = {identity.number, identity.id};
  const bool sealed =
      may_seal && base::Contain([&] { return writer_->Seal(queue, successor); }).ok();
  writer_ = std::move(created).value();
  moved = base::Contain([&] { return MoveCurrent(queue, next, sealed); });
  if (!moved.ok()) return Die(moved);
  manifest_number_ = number;
  (void)base::Contain([&] { DeleteOldManifests(); });
  return Status::Ok();
}

Status ManifestFiles::MoveCurrent(io::Queue* queue, const ManifestState& next, bool sealed) {
  CurrentSlot slot;
  slot.generation = next.generation;
  slot.manifest_number = writer_->identity().number;
  slot.manifest_id = writer_->identity().id;
  slot.database_id = next.database_id;
  slot.promise = writer_->durable_blocks();
  keep_from_ = slot.manifest_number;
  if (current_ == nullptr) {
    auto made = CurrentFile::Create(directory_, queue, buffers_, slot);
    if (!made.ok()) return made.status();
    current_ = std::move(made).value();
    return Status::Ok();
  }
  if (sealed) keep_from_ = current_->slot().manifest_number;
  if (Status s = current_->Move(queue, slot); !s.ok()) return s;
  // Without a seal the older slot would lead back to a manifest that has ended: overwrite it too.
  return sealed ? Status::Ok() : current_->Move(queue, slot);
}

// What cannot be deleted now is an orphan for the next open.
void ManifestFiles::DeleteOldManifests() {
  const auto names = directory_->List();
  if (!names.ok()) return;
  for (const std::string& name : *names) {
    const base::FileName parsed = base::ParseFileName(name);
    if (parsed.kind != base::FileKind::kManifest || parsed.number >= keep_from_) continue;
    if (!directory_->Unlink(name).ok()) return;
  }
}

}  // namespace treering::manifest
