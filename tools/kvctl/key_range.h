// KeyRange: the options --from and --to, as bounds of an iterator or of a compaction.
//
// Owner: the command that declares it.
// Threads: plain values.
// Invariants:
//   1. --from is inclusive, --to exclusive; one that is not given is no bound.
//   2. The Slices that begin() and end() point at live as long as this.
#ifndef TREERING_TOOLS_KVCTL_KEY_RANGE_H_
#define TREERING_TOOLS_KVCTL_KEY_RANGE_H_

#include <optional>
#include <string>

#include "api/options.h"
#include "api/slice.h"
#include "tools/kvctl/arguments.h"

namespace treering::kvctl {

class KeyRange {
 public:
  KeyRange() = default;
  KeyRange(const KeyRange&) = delete;
  KeyRange& operator=(const KeyRange&) = delete;

  void Declare(Arguments* arguments);
  // Takes the texts as keys. InvalidArgument names the option.
  Status Decode(TextForm form);

  // Null where there is no bound.
  const Slice* begin() const { return from_text_.has_value() ? &begin_ : nullptr; }
  const Slice* end() const { return to_text_.has_value() ? &end_ : nullptr; }
  bool is_everything() const { return begin() == nullptr && end() == nullptr; }
  // For a read that passes over much: bounds set, the cache left to others.
  ReadOptions ForScan() const;

 private:
  std::optional<std::string> from_text_;
  std::optional<std::string> to_text_;
  std::string from_;
  std::string to_;
  Slice begin_;
  Slice end_;
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_KEY_RANGE_H_
