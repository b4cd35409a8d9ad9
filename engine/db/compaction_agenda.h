// CompactionAgenda: what a database has to compact: whole ranges that callers asked for, and what
// its levels' sizes demand; what of it runs, and what stopped it.
//
// Owner: Background.
// Threads: under the owner's mutex.
// Invariants:
//   1. A plan that Begin gave is counted as running until Settle.
//   2. Requests are served one after the other; level 0 has every other turn while they last.
//   3. Damage in an input, or a disk that fails the same work again and again, stops automatic
//      compaction for good; the first cause is kept.
#ifndef TREERING_ENGINE_DB_COMPACTION_AGENDA_H_
#define TREERING_ENGINE_DB_COMPACTION_AGENDA_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/slice.h"
#include "api/status.h"
#include "engine/compaction/picker.h"
#include "engine/db/effective_options.h"
#include "engine/key/internal_key.h"
#include "engine/manifest/version.h"

namespace treering::db {

// A range to be compacted for a caller, who may leave while a job for it runs.
struct ManualCompaction {
  ManualCompaction(const Slice* begin, const Slice* end, key::Sequence newest);

  std::optional<std::string> begin;
  std::optional<std::string> end;
  key::Sequence newest = 0;  // tables of level 0 that came later are left alone
  uint64_t id = 0;
  bool done = false;
  Status status;  // once it is done
};

class CompactionAgenda {
 public:
  explicit CompactionAgenda(const EffectiveOptions* options) : options_(options) {}

  // While it lives, `manual` is to be carried out.
  class Asked {
   public:
    Asked(CompactionAgenda* agenda, ManualCompaction* manual) : agenda_(agenda), manual_(manual) {
      agenda->Ask(manual);
    }
    ~Asked() { agenda_->Withdraw(manual_); }
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;

   private:
    CompactionAgenda* const agenda_;
    ManualCompaction* const manual_;
  };

  // Whether Begin would give a plan for that tree, or end a request that has nothing left to do.
  bool IsDue(const manifest::Version& version) const;
  struct Begun {
    compaction::CompactionPlan plan;
    uint64_t manual_id = 0;  // 0: no caller's
  };
  // What is to be carried out next; requests with nothing left to do are done.
  std::optional<Begun> Begin(const manifest::Version& version);
  // It ended so. Whether the work is to be tried again later.
  bool Settle(const Begun& begun, const Status& status);

  bool running() const { return !running_.empty(); }
  // What stopped automatic compaction; OK while it goes on.
  const Status& error() const { return error_; }

 private:
  void Ask(ManualCompaction* manual);
  void Withdraw(ManualCompaction* manual) { std::erase(manuals_, manual); }
  std::optional<Begun> Pick(const manifest::Version& version);
  std::optional<compaction::CompactionPlan> PickAutomatic(const manifest::Version& version) const;
  compaction::ManualPick LookFor(const manifest::Version& version,
                                 const ManualCompaction& manual) const;
  void Fail(uint64_t manual_id, const Status& status);

  const EffectiveOptions* const options_;
  compaction::CompactionPointers pointers_;
  compaction::RunningCompactions running_;
  std::vector<ManualCompaction*> manuals_;
  uint64_t manuals_asked_ = 0;
  bool level0_turn_ = false;    // the last plan was a caller's
  uint64_t disk_failures_ = 0;  // in a row
  Status error_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_COMPACTION_AGENDA_H_
