// Sizes in bytes as people write and read them: "16MiB", "1.5 GiB".
//
// Owner: values.
// Threads: any.
// Invariants:
//   1. K, M, G, T and KiB, MiB, GiB, TiB count in 1024s; kB, MB, GB, TB in 1000s; case is ignored.
#ifndef TREERING_TOOLS_KVCTL_BYTE_SIZE_H_
#define TREERING_TOOLS_KVCTL_BYTE_SIZE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "api/result.h"

namespace treering::kvctl {

// Digits, then a unit or none. InvalidArgument says what is wrong with the text.
Result<uint64_t> ParseByteSize(std::string_view text);

// Digits alone.
Result<uint64_t> ParseNumber(std::string_view text);

// Four figures at most, such as "0 B", "12.3 KiB", "1.0 GiB".
std::string FormatByteSize(uint64_t bytes);

// With commas: "12,345".
std::string FormatCount(uint64_t count);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_BYTE_SIZE_H_
