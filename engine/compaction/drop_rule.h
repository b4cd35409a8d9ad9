// DropRule: which entries of a merge nobody can see any more.
//
// Owner: one flush or compaction job (one per part).
// Threads: one at a time.
// Invariants:
//   1. A read at any sequence in `snapshots`, or at or above the newest entry of the merge, gives
//      the same answer before and after.
//   2. Of the entries of a key that the same reads see, only the newest is kept.
//   3. A deletion goes when no older entry of its key can exist: none deeper, and no snapshot below
//      it holds one back.
#ifndef TREERING_ENGINE_COMPACTION_DROP_RULE_H_
#define TREERING_ENGINE_COMPACTION_DROP_RULE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/slice.h"
#include "engine/base/limits.h"
#include "engine/key/internal_key.h"
#include "engine/manifest/version.h"

namespace treering::compaction {

// Tells whether a level deeper than the output may hold a key. Keys are asked for in ascending
// order, so that a question costs a comparison per level.
class DeeperLevels {
 public:
  // Of the version the plan was made from.
  DeeperLevels(std::shared_ptr<const manifest::Version> version, uint32_t output_level);
  bool MayHold(const Slice& user_key);

 private:
  const std::shared_ptr<const manifest::Version> version_;
  const uint32_t output_level_;
  std::array<size_t, base::kLevelCount> index_{};
};

class DropRule {
 public:
  // `snapshots`: sequences that readers hold, ascending. `deeper` may be null: then deletions are
  // kept (a flush).
  DropRule(std::vector<key::Sequence> snapshots, const key::KeyOrder& order, DeeperLevels* deeper);

  // Called for every entry of the merge in internal key order. True: leave it out.
  bool Drop(const Slice& internal_key);

  struct Counts {
    uint64_t kept = 0;
    uint64_t hidden = 0;     // a newer entry stands for it
    uint64_t deletions = 0;  // deletions with nothing left to hide
  };
  const Counts& counts() const { return counts_; }

 private:
  // Index of the oldest snapshot that sees `sequence`; snapshots_.size() for reads of now.
  size_t StripeOf(key::Sequence sequence) const;

  const std::vector<key::Sequence> snapshots_;
  const key::KeyOrder order_;
  DeeperLevels* const deeper_;
  std::string user_key_;
  bool has_key_ = false;
  size_t last_stripe_ = 0;  // of the entry before, of the same user key
  Counts counts_;
};

}  // namespace treering::compaction

#endif  // TREERING_ENGINE_COMPACTION_DROP_RULE_H_
