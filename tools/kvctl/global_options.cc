#include "tools/kvctl/global_options.h"

namespace treering::kvctl {

void GlobalOptions::Declare(Arguments* arguments) {
  arguments->Option("--db", "DIR", "the database; KVCTL_DB names it too", &db);
  arguments->Format("-o,--output", "how results are printed", &output);
  arguments->Form("--key-format", "how keys are given and printed", &key_form);
  arguments->Form("--value-format", "how values are given and printed", &value_form);
  arguments->Flag("-q,--quiet", "errors only", &quiet);
  arguments->Flag("-v,--verbose", "what the engine has to say, too", &verbose);
  arguments->Flag("--no-color", "no colours (as does NO_COLOR)", &no_color);
  arguments->Flag("-y,--yes", "yes to every question", &yes);
  arguments->ByteSize("--memory-budget", "memory for cache and buffers, 256MiB if not given",
                      &memory_budget);
  arguments->Backend("--io", "I/O driver: auto is io_uring where the kernel allows it", &io);
}

}  // namespace treering::kvctl
