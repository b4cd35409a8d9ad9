// ManifestTesting: versions and edits from text, for tests.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. Text that does not parse fails the test (a CHECK).
#ifndef TREERING_ENGINE_MANIFEST_MANIFEST_TESTING_H_
#define TREERING_ENGINE_MANIFEST_MANIFEST_TESTING_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/manifest/table_meta.h"
#include "engine/manifest/version.h"
#include "engine/manifest/version_edit.h"

namespace treering::manifest {

// A table of 100 bytes and 10 entries with user keys in [smallest, largest].
TableMeta MakeTable(uint32_t level, uint64_t number, std::string_view smallest,
                    std::string_view largest, key::Sequence oldest = 1, key::Sequence newest = 1);

// "L1: 5[a-f] 6[g-p]*300" and so on, a line per level. A table is NUMBER[SMALLEST-LARGEST], then in
// any order @OLDEST-NEWEST (sequences), *BYTES, dDELETIONS.
VersionEdit ParseTables(std::string_view text);
std::shared_ptr<const Version> ParseVersion(std::string_view text);

// "1 2 3"
std::string Numbers(const std::vector<TableRef>& tables);

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_MANIFEST_TESTING_H_
