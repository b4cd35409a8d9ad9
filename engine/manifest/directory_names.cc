#include "engine/manifest/directory_names.h"

#include <algorithm>

#include "engine/base/file_names.h"

namespace treering::manifest {
namespace {

template <typename Predicate>
bool Any(const std::vector<std::string>& names, Predicate predicate) {
  return std::any_of(names.begin(), names.end(), predicate);
}

bool HasKind(const std::vector<std::string>& names, base::FileKind kind) {
  return Any(names,
             [kind](const std::string& name) { return base::ParseFileName(name).kind == kind; });
}

}  // namespace

std::string_view RecogniseForeign(const std::vector<std::string>& names) {
  const bool current = HasCurrent(names);
  const bool rocks = Any(names, [](std::string_view name) {
    return name == "IDENTITY" || name.starts_with("OPTIONS-");
  });
  if (current && rocks) return "RocksDB";
  // Both write logs under this ending, we do not.
  const bool level = Any(names, [](std::string_view name) {
    return name.ends_with(".ldb") || name.ends_with(".log");
  });
  if (current && level) return "LevelDB";
  return "";
}

bool LooksLikeOurs(const std::vector<std::string>& names) {
  if (!RecogniseForeign(names).empty()) return false;
  return HasCurrent(names) || HasKind(names, base::FileKind::kManifest);
}

bool HasCurrent(const std::vector<std::string>& names) {
  return HasKind(names, base::FileKind::kCurrent);
}

bool CreationNeverEnded(const std::vector<std::string>& names) {
  return !Any(names, [](const std::string& name) {
    const base::FileName parsed = base::ParseFileName(name);
    switch (parsed.kind) {
      case base::FileKind::kCurrent:
      case base::FileKind::kSegment:
      case base::FileKind::kTable:
        return true;
      case base::FileKind::kManifest:
        return parsed.number != 1;
      default:
        return false;
    }
  });
}

uint64_t HighestNumber(const std::vector<std::string>& names) {
  uint64_t highest = 0;
  for (const std::string& name : names) {
    highest = std::max(highest, base::ParseFileName(name).number);
  }
  return highest;
}

}  // namespace treering::manifest
