// ManifestReplay: the state that a manifest's blocks add up to, and where they end. No I/O.
//
// Owner: one reader.
// Threads: one at a time.
// Invariants:
//   1. An edit counts when its whole group is valid; what is behind the end changes nothing.
//   2. A block that a later one, or CURRENT, promised and that is not valid: Corruption.
// Format: docs/format/manifest.md, "End".
#ifndef TREERING_ENGINE_MANIFEST_MANIFEST_REPLAY_H_
#define TREERING_ENGINE_MANIFEST_MANIFEST_REPLAY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "api/result.h"
#include "api/status.h"
#include "engine/key/internal_key.h"
#include "engine/manifest/manifest_block.h"
#include "engine/manifest/manifest_state.h"
#include "engine/manifest/version_builder.h"

namespace treering::manifest {

class ManifestReplay {
 public:
  struct Outcome {
    ManifestState state;
    std::optional<Successor> sealed;
    // The end: behind the last whole group or promise block.
    uint64_t blocks = 0;
    uint64_t end_sum = 0;      // of the block before it
    uint64_t edit_number = 0;  // of the last edit
    uint64_t blocks_cut = 0;   // up to the last block behind the end that is not zero
    // Blocks that are durable for sure: a later one, or CURRENT, promised them. Those behind were
    // read, and may all the same be lost to power: their sync may have failed.
    uint64_t promised_blocks = 0;
    bool all_edits_promised = false;
  };

  // `promise`: blocks of the file that are known durable from elsewhere (CURRENT).
  ManifestReplay(const ManifestIdentity& identity, const key::KeyOrder& order, uint64_t promise);

  // The next block of the file, one page, in order from block 0 and up to the file's end or until
  // nothing more is wanted. Not OK:
  // what is stored there is whole and yet cannot be (Corruption), is of a later version
  // (NotSupported), or belongs to another order of keys (InvalidArgument).
  Status Feed(std::span<const std::byte> block);

  // Whether a further block can change the outcome: not behind the length that the first edit
  // names, nor when no first edit can come any more.
  bool WantsMore() const { return file_blocks_ != 0 ? fed_ < file_blocks_ : !break_at_; }

  Result<Outcome> Finish();

 private:
  // Why the block cannot follow those before it; empty when it can.
  std::string Misplaced(const ManifestBlock& block) const;
  void Break(const std::string& reason);
  Status Take(const ManifestBlock& block);
  Status TakeGroup();
  std::string Where(uint64_t index) const;

  const ManifestIdentity identity_;
  const key::KeyOrder order_;
  const std::shared_ptr<const Version> empty_;
  VersionBuilder tables_;
  ManifestFields fields_;

  uint64_t fed_ = 0;  // blocks
  uint64_t promise_;
  std::optional<uint64_t> break_at_;
  std::string break_reason_;
  uint64_t last_written_ = 0;  // one past the last block that is not all zero

  uint64_t previous_sum_ = 0;
  uint64_t edit_number_ = 0;   // of the last whole group
  uint64_t whole_blocks_ = 0;  // up to the end of the last whole group or promise block
  uint64_t group_blocks_ = 0;  // up to the end of the last whole group
  uint64_t whole_sum_ = 0;
  std::string group_;  // payloads of the group at hand
  uint64_t group_begin_ = 0;
  bool in_group_ = false;
  bool snapshot_done_ = false;
  uint64_t file_blocks_ = 0;  // as the first edit says
  std::optional<Successor> sealed_;
};

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_MANIFEST_REPLAY_H_
