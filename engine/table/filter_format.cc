#include "engine/table/filter_format.h"

#include <algorithm>

namespace treering::table {

uint32_t FilterProbes(uint32_t bits_per_key) {
  const uint32_t probes = (bits_per_key * 69 + 50) / 100;
  return std::clamp(probes, 1u, kFilterProbesMax);
}

uint64_t FilterPages(uint64_t keys, uint32_t bits_per_key) {
  const uint64_t page_bits = uint64_t{kFilterLinesPerPage} * kFilterLineBits;
  return std::max<uint64_t>(1, (keys * bits_per_key + page_bits - 1) / page_bits);
}

}  // namespace treering::table
