#include "engine/base/file_names.h"

#include "engine/base/check.h"
#include "engine/base/limits.h"

namespace treering::base {
namespace {

constexpr size_t kDigitsMin = 6;
constexpr std::string_view kManifestPrefix = "MANIFEST-";

struct Single {
  FileKind kind;
  std::string_view name;
};
constexpr Single kSingles[] = {
    {FileKind::kLock, "LOCK"},
    {FileKind::kCurrent, "CURRENT"},
    {FileKind::kTail, "TAIL"},
    {FileKind::kInfoLog, "LOG"},
};

std::string Digits(uint64_t number) {
  TREERING_CHECK(number <= kFileNumberMax);
  const std::string digits = std::to_string(number);
  return digits.size() < kDigitsMin ? std::string(kDigitsMin - digits.size(), '0') + digits
                                    : digits;
}

// False unless `digits` is what Digits makes of some number.
bool ParseDigits(std::string_view digits, uint64_t* number) {
  if (digits.size() < kDigitsMin) return false;
  if (digits.size() > kDigitsMin && digits[0] == '0') return false;
  uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint64_t>(c - '0');
    if (value > kFileNumberMax) return false;  // far below the point where the product wraps
  }
  *number = value;
  return true;
}

}  // namespace

std::string MakeFileName(FileKind kind, uint64_t number) {
  for (const Single& single : kSingles) {
    if (single.kind == kind) return std::string(single.name);
  }
  switch (kind) {
    case FileKind::kManifest:
      return std::string(kManifestPrefix) + Digits(number);
    case FileKind::kSegment:
      return Digits(number) + ".wal";
    case FileKind::kTable:
      return Digits(number) + ".sst";
    default:
      break;
  }
  TREERING_CHECK(false && "a kind of file that has no name");
  return std::string();
}

FileName ParseFileName(std::string_view name) {
  for (const Single& single : kSingles) {
    if (single.name == name) return FileName{.kind = single.kind};
  }
  FileName parsed;
  if (name.starts_with(kManifestPrefix)) {
    name.remove_prefix(kManifestPrefix.size());
    parsed.kind = FileKind::kManifest;
  } else if (name.ends_with(".wal")) {
    name.remove_suffix(4);
    parsed.kind = FileKind::kSegment;
  } else if (name.ends_with(".sst")) {
    name.remove_suffix(4);
    parsed.kind = FileKind::kTable;
  } else {
    return FileName{};
  }
  return ParseDigits(name, &parsed.number) ? parsed : FileName{};
}

}  // namespace treering::base
