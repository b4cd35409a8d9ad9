#include "engine/manifest/manifest_replay.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/limits.h"
#include "engine/manifest/edit_group.h"
#include "engine/manifest/manifest_format.h"

namespace treering::manifest {
namespace {

std::string ExpectedFound(const char* what, uint64_t expected, uint64_t found) {
  return std::string(what) + ": expected " + std::to_string(expected) + ", found " +
         std::to_string(found);
}

bool AllZero(std::span<const std::byte> bytes) {
  return bytes[0] == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

// Keeps the code, puts the place in front.
Status At(const std::string& where, const Status& status) {
  return Status(status.code(), where + std::string(status.message()));
}

}  // namespace

ManifestReplay::ManifestReplay(const ManifestIdentity& identity, const key::KeyOrder& order,
                               uint64_t promise)
    : identity_(identity),
      order_(order),
      empty_(Version::Empty(order)),
      tables_(*empty_),
      promise_(promise) {}

std::string ManifestReplay::Where(uint64_t index) const {
  return identity_.FileName() + ", offset " + std::to_string(index * base::kPageBytes) + ": ";
}

void ManifestReplay::Break(const std::string& reason) {
  break_at_ = fed_;
  break_reason_ = reason;
}

std::string ManifestReplay::Misplaced(const ManifestBlock& block) const {
  if (block.previous_sum != previous_sum_) {
    return ExpectedFound("sum of the block before", previous_sum_, block.previous_sum);
  }
  const uint64_t edit = block.promise_only ? edit_number_ : edit_number_ + 1;
  if (block.edit_number != edit) return ExpectedFound("edit number", edit, block.edit_number);
  if (block.promise > block.index) {
    return ExpectedFound("promise, at most", block.index, block.promise);
  }
  if (block.promise_only) return in_group_ ? "promise block inside a group" : "";
  if (block.first == in_group_) {
    return in_group_ ? "a group begins inside another" : "a group without a beginning";
  }
  return "";
}

Status ManifestReplay::Feed(std::span<const std::byte> bytes) {
  ManifestBlock block;
  std::string reason;
  const BlockState state = DecodeBlock(identity_, fed_, bytes, &block, &reason);
  if (!AllZero(bytes)) last_written_ = fed_ + 1;
  Status status;
  if (state == BlockState::kValid) {
    promise_ = std::max(promise_, block.promise);
    if (!break_at_) {
      if (const std::string misplaced = Misplaced(block); !misplaced.empty()) {
        Break(misplaced);
      } else {
        status = Take(block);
      }
    }
  } else if (!break_at_) {
    Break(reason);
  }
  ++fed_;
  return status;
}

Status ManifestReplay::Take(const ManifestBlock& block) {
  previous_sum_ = block.sum;
  if (block.promise_only) {
    whole_blocks_ = fed_ + 1;
    whole_sum_ = block.sum;
    return Status::Ok();
  }
  if (block.first) {
    group_.clear();
    group_begin_ = fed_;
  }
  in_group_ = !block.last;
  if (group_.size() + block.payload.size() > base::kEditBytesMax + kGroupHeaderBytes) {
    return Status::Corruption(Where(group_begin_) + "edit longer than the limit of " +
                              std::to_string(base::kEditBytesMax));
  }
  group_.append(block.payload.data(), block.payload.size());
  if (!block.last) return Status::Ok();
  if (Status s = TakeGroup(); !s.ok()) return At(Where(group_begin_), s);
  edit_number_ += 1;
  whole_blocks_ = group_blocks_ = fed_ + 1;
  whole_sum_ = block.sum;
  return Status::Ok();
}

Status ManifestReplay::TakeGroup() {
  Slice body;
  VersionEdit edit;
  if (Status s = DecodeGroup(identity_.id, edit_number_ + 1, group_, &body); !s.ok()) return s;
  if (Status s = DecodeEdit(body, &edit); !s.ok()) return s;
  if (sealed_) return Status::Corruption("an edit behind the seal");
  if ((edit.snapshot == SnapshotPart::kNone) != snapshot_done_) {
    return Status::Corruption(snapshot_done_ ? "a second snapshot" : "an edit inside the snapshot");
  }
  if (edit_number_ == 0) {
    if (!edit.comparator || !edit.database_id || !edit.generation || !edit.manifest_blocks) {
      return Status::Corruption(
          "the first edit does not name comparator, database, generation and length of the file");
    }
    file_blocks_ = *edit.manifest_blocks;
    if (*edit.comparator != order_.comparator()->Name()) {
      return Status::InvalidArgument("the database's comparator is \"" + *edit.comparator +
                                     "\"; it was opened with \"" +
                                     std::string(order_.comparator()->Name()) + "\"");
    }
  } else if (edit.comparator || edit.database_id || edit.manifest_blocks) {
    return Status::Corruption("a later edit names comparator, database or length of the file");
  }
  if (Status s = fields_.Apply(edit); !s.ok()) return s;
  if (Status s = tables_.Apply(edit); !s.ok()) return s;
  snapshot_done_ = edit.snapshot != SnapshotPart::kMore;
  sealed_ = edit.sealed;
  return Status::Ok();
}

Result<ManifestReplay::Outcome> ManifestReplay::Finish() {
  const uint64_t end = break_at_.value_or(fed_);
  if (end < promise_) {
    return Status::Corruption(Where(end) +
                              (break_at_ ? break_reason_ : "expected a block, found the end") +
                              "; blocks up to offset " +
                              std::to_string(promise_ * base::kPageBytes) + " were acknowledged");
  }
  if (!snapshot_done_) {
    return Status::Corruption(Where(end) + "expected a whole snapshot, found its beginning; " +
                              break_reason_);
  }
  // It was made that long and synced before its first use.
  if (fed_ < file_blocks_) {
    return Status::Corruption(
        identity_.FileName() + ": " +
        ExpectedFound("length in bytes", file_blocks_ * base::kPageBytes, fed_ * base::kPageBytes));
  }
  auto version = tables_.Build();
  if (!version.ok()) return At(identity_.FileName() + ": ", version.status());
  Outcome outcome;
  static_cast<ManifestFields&>(outcome.state) = fields_;
  outcome.state.version = std::move(version).value();
  outcome.sealed = sealed_;
  outcome.blocks = whole_blocks_;
  outcome.end_sum = whole_sum_;
  outcome.edit_number = edit_number_;
  outcome.promised_blocks = promise_;
  outcome.all_edits_promised = group_blocks_ <= promise_;
  outcome.blocks_cut = last_written_ > whole_blocks_ ? last_written_ - whole_blocks_ : 0;
  return outcome;
}

}  // namespace treering::manifest
