// FileNames: the names of a database's files, made from numbers and parsed back; never stored.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. Parse(Make(x)) == x; names not made here parse to kUnknown.
//   2. LOCK, CURRENT, TAIL and LOG are single; MANIFEST-000005, 000007.wal and 000009.sst carry
//      numbers of at least six digits. A file number is never used twice in a database.
#ifndef TREERING_ENGINE_BASE_FILE_NAMES_H_
#define TREERING_ENGINE_BASE_FILE_NAMES_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace treering::base {

enum class FileKind : uint8_t {
  kUnknown,
  kLock,
  kCurrent,
  kTail,
  kInfoLog,
  kManifest,
  kSegment,
  kTable,
};

struct FileName {
  FileKind kind = FileKind::kUnknown;
  uint64_t number = 0;  // for kManifest, kSegment, kTable
};

std::string MakeFileName(FileKind kind, uint64_t number = 0);
FileName ParseFileName(std::string_view name);

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_FILE_NAMES_H_
