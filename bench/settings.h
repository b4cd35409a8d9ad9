// Settings: the engine's options that the flags ask for.
//
// Owner: main.
// Threads: plain values.
// Invariants:
//   1. A flag that was not given leaves the library's default.
//   2. A flag whose value treering cannot follow gives exactly one warning, or is an error where
//      going on would measure another thing than was asked for. So are flags that contradict each
//      other, and values that the engine would refuse: nothing was opened or destroyed by then.
#ifndef TREERING_BENCH_SETTINGS_H_
#define TREERING_BENCH_SETTINGS_H_

#include <map>
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
  // The flags behind the options that they set: "block_bytes" -> "--block_size=1000".
  std::map<std::string, std::string> flag_of_option;
};

// InvalidArgument names the flags.
Result<Settings> MakeSettings(const BenchFlags& values, const FlagSet& flags);

// `status`; with the flag in front when it is the engine's error about an option that one set.
Status NameFlag(const Settings& settings, const Status& status);

}  // namespace treering::bench

#endif  // TREERING_BENCH_SETTINGS_H_
