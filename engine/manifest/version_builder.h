// VersionBuilder: applies many edits to a version at the cost of one.
//
// Owner: one call (a commit, or the replay of a manifest).
// Threads: one at a time.
// Invariants:
//   1. After a failed Apply the builder is of no more use.
//   2. Build checks version.h's invariants 1 and 2; Apply checks 3.
#ifndef TREERING_ENGINE_MANIFEST_VERSION_BUILDER_H_
#define TREERING_ENGINE_MANIFEST_VERSION_BUILDER_H_

#include <cstdint>
#include <map>
#include <memory>

#include "api/result.h"
#include "api/status.h"
#include "engine/manifest/version.h"
#include "engine/manifest/version_edit.h"

namespace treering::manifest {

class VersionBuilder {
 public:
  // `base` outlives the builder.
  explicit VersionBuilder(const Version& base) : base_(base) {}

  Status Apply(const VersionEdit& edit);
  Result<std::shared_ptr<const Version>> Build() const;

 private:
  Status Remove(const RemovedTable& removed);
  Status Add(const TableMeta& meta);
  // The table of that number in base_; null when there is none or it was removed here.
  TableRef FindInBase(uint64_t number) const;
  Result<std::shared_ptr<const Version::Level>> BuildLevel(uint32_t level) const;

  const Version& base_;
  std::map<uint64_t, TableRef> added_;    // by number
  std::map<uint64_t, TableRef> removed_;  // of base_, by number
  std::map<uint64_t, TableRef> leaving_;  // removed by the edit at hand: may come back elsewhere
};

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_VERSION_BUILDER_H_
