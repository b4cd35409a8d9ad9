// GlobalOptions: what every command understands, before or behind the command's name.
//
// Owner: main.
// Threads: plain values after parsing.
// Invariants:
//   1. --db wins over KVCTL_DB.
#ifndef TREERING_TOOLS_KVCTL_GLOBAL_OPTIONS_H_
#define TREERING_TOOLS_KVCTL_GLOBAL_OPTIONS_H_

#include <cstdint>
#include <string>

#include "api/options.h"
#include "tools/kvctl/arguments.h"
#include "tools/kvctl/encoding.h"
#include "tools/kvctl/record_writer.h"

namespace treering::kvctl {

struct GlobalOptions {
  std::string db;
  OutputFormat output = OutputFormat::kText;
  TextForm key_form = TextForm::kAuto;
  TextForm value_form = TextForm::kAuto;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  bool yes = false;
  uint64_t memory_budget = RuntimeOptions().memory_budget;
  IoBackend io = IoBackend::kAuto;

  void Declare(Arguments* arguments);
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_GLOBAL_OPTIONS_H_
