// Header: what was run on what, printed before any figure.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. Names the I/O driver, its ring flags, whether buffers are registered and, where not, why:
//      a figure without them says nothing.
//   2. Options are shown as the open database has them, not as they were asked for.
#ifndef TREERING_BENCH_HEADER_H_
#define TREERING_BENCH_HEADER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "api/db.h"
#include "bench/bench_flags.h"

namespace treering::bench {

using HeaderLines = std::vector<std::pair<std::string, std::string>>;

// `engine_options` is the property treering.options of the open database.
HeaderLines MakeHeader(const BenchFlags& flags, const std::string& engine_options,
                       const Runtime& runtime, uint64_t seed);
std::string HeaderText(const HeaderLines& lines);

}  // namespace treering::bench

#endif  // TREERING_BENCH_HEADER_H_
