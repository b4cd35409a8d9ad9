// Record: one key and its value, and where records come from.
//
// Owner: a value; a source belongs to the command that reads it.
// Threads: one at a time.
// Invariants:
//   1. A source gives records in the order of its input and stops for good at the first error.
#ifndef TREERING_TOOLS_KVCTL_RECORD_H_
#define TREERING_TOOLS_KVCTL_RECORD_H_

#include <string>

#include "api/result.h"

namespace treering::kvctl {

struct Record {
  std::string key;
  std::string value;
};

class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // True when *record is the next one, false at the end. Errors name the line; Aborted: Ctrl-C.
  virtual Result<bool> Next(Record* record) = 0;
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_RECORD_H_
