// DirectIoTrial: a block written and read with O_DIRECT in a directory, to know and not to guess
// that it works there.
//
// Owner: a value.
// Threads: any.
// Invariants:
//   1. The directory keeps its entries and times: the file that is written has no name and is gone
//      at once.
//   2. kWorks was seen in both directions. An open that succeeds proves nothing.
#ifndef TREERING_TOOLS_KVCTL_DIRECT_IO_TRIAL_H_
#define TREERING_TOOLS_KVCTL_DIRECT_IO_TRIAL_H_

#include <string>

namespace treering::kvctl {

struct DirectIoTrial {
  enum class Outcome {
    kWorks,    // written and read back
    kReads,    // read from the file `subject`; writing was not possible, and `reason` says why
    kRefused,  // the file system has no direct I/O
    kUnknown,  // `reason` says why it could not be tried
  };
  Outcome outcome = Outcome::kUnknown;
  std::string subject;
  std::string reason;
};

DirectIoTrial TryDirectIo(const std::string& directory);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_DIRECT_IO_TRIAL_H_
