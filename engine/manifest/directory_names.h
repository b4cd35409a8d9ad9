// DirectoryNames: what the names in a directory say about whose it is.
//
// Owner: nobody.
// Threads: any; pure functions.
// Invariants:
//   1. Names that base/file_names.h does not make say nothing.
#ifndef TREERING_ENGINE_MANIFEST_DIRECTORY_NAMES_H_
#define TREERING_ENGINE_MANIFEST_DIRECTORY_NAMES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace treering::manifest {

// Whether the names of a directory are those of a treering database, whole or half created. A
// directory that another engine's database lies in (RecogniseForeign) is not ours.
bool LooksLikeOurs(const std::vector<std::string>& names);

// "LevelDB" or "RocksDB" when the names are those of such a database, else "".
std::string_view RecogniseForeign(const std::vector<std::string>& names);

bool HasCurrent(const std::vector<std::string>& names);

// Without CURRENT: whether there is nothing but what a creation that never ended can have left.
// False means that CURRENT was lost.
bool CreationNeverEnded(const std::vector<std::string>& names);

// The highest number in any name of ours; 0 when there is none.
uint64_t HighestNumber(const std::vector<std::string>& names);

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_DIRECTORY_NAMES_H_
