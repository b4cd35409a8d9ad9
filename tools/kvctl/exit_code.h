// Exit codes of kvctl: part of its contract with scripts.
//
// Owner: values.
// Threads: plain values.
// Invariants:
//   1. The numbers never change; docs/guide/kvctl.md lists them.
#ifndef TREERING_TOOLS_KVCTL_EXIT_CODE_H_
#define TREERING_TOOLS_KVCTL_EXIT_CODE_H_

namespace treering::kvctl {

inline constexpr int kExitOk = 0;
inline constexpr int kExitDifference = 1;  // not found, or damage was found
inline constexpr int kExitUsage = 2;       // the command line is wrong; nothing was done
inline constexpr int kExitError = 3;
inline constexpr int kExitInterrupted = 130;  // as a shell shows a program that Ctrl-C ended

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_EXIT_CODE_H_
