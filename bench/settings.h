// Settings: the engine's options that the flags ask for.
//
// Owner: main.
// Threads: plain values.
// Invariants:
//   1. A flag that was not given leaves the library's default.
//   2. A flag whose value treering cannot follow gives exactly one warning, or is an error where
//      going on would measure another thing than was asked for.
#ifndef TREERING_BENCH_SETTINGS_H_
#define TREERING_BENCH_SETTINGS_H_

#include <string>
#include <vector>

#include "api/options.h"
#include "api/result.h"
#include "bench/bench_flags.h"

namespace treering::bench {

struct Settings {
  RuntimeOptions runtime;
  Options options;
  std::vector<std::string> warnings;
};

// InvalidArgument names the flag.
Result<Settings> MakeSettings(const BenchFlags& values, const FlagSet& flags);

// "kProcess", as the API spells it; likewise "kAuto" and "none".
std::string DurabilityWord(Durability durability);
std::string LogWord(LogMode mode);
std::string CompressionWord(const Options& options);

}  // namespace treering::bench

#endif  // TREERING_BENCH_SETTINGS_H_
