// Suggest: the known word that somebody probably meant.
//
// Owner: values.
// Threads: any.
// Invariants:
//   1. Answers only when the word is near: a beginning of one, or a few slips of the finger away.
#ifndef TREERING_TOOLS_KVCTL_SUGGEST_H_
#define TREERING_TOOLS_KVCTL_SUGGEST_H_

#include <string>
#include <string_view>
#include <vector>

namespace treering::kvctl {

// Empty when none is near; the first of the nearest otherwise.
std::string Suggest(std::string_view word, const std::vector<std::string>& known);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_SUGGEST_H_
