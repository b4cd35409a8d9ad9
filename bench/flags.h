// FlagSet: command line flags as gflags takes them, so that scripts for RocksDB's db_bench run.
//
// Owner: main; targets outlive the set.
// Threads: one.
// Invariants:
//   1. -x, --x, --nox (bool), --x=v and --x v (not bool) are accepted; `--` ends the flags.
//   2. A flag has its effect, or gives exactly one warning naming it, or is an error: an unknown
//      name (unless --undefok names it), a bad value, an argument that is no flag.
#ifndef TREERING_BENCH_FLAGS_H_
#define TREERING_BENCH_FLAGS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/status.h"

namespace treering::bench {

enum class FlagKind : uint8_t { kBool, kInt32, kInt64, kUint64, kDouble, kText };

class FlagSet {
 public:
  // The target's present value is the default. `help` is shown by Help.
  void Add(std::string_view name, bool* target, std::string_view help);
  void Add(std::string_view name, int32_t* target, std::string_view help);
  void Add(std::string_view name, int64_t* target, std::string_view help);
  void Add(std::string_view name, uint64_t* target, std::string_view help);
  void Add(std::string_view name, double* target, std::string_view help);
  void Add(std::string_view name, std::string* target, std::string_view help);
  // A flag of RocksDB's without counterpart: its value is checked, then it gives a warning.
  void AddForeign(std::string_view name, FlagKind kind);

  // `arguments` without the program's name. InvalidArgument names the flag and its value.
  Status Parse(const std::vector<std::string>& arguments);
  // Whether the command line named it.
  bool IsSet(std::string_view name) const;
  const std::vector<std::string>& warnings() const { return warnings_; }
  // One line a flag: name, default, help.
  std::string Help() const;

 private:
  struct Flag {
    FlagKind kind = FlagKind::kBool;
    void* target = nullptr;  // null: foreign
    std::string help;
    std::string default_text;
    bool is_set = false;
  };
  using Table = std::map<std::string, Flag, std::less<>>;

  void AddFlag(std::string_view name, FlagKind kind, void* target, std::string_view help);
  Status Set(const std::string& name, Flag* flag, const std::string& value);

  Table flags_;
  std::vector<std::string> warnings_;
};

}  // namespace treering::bench

#endif  // TREERING_BENCH_FLAGS_H_
