// Interrupt: Ctrl-C (and SIGTERM) as a flag that commands ask between two steps.
//
// Owner: the process.
// Threads: the flag from any.
// Invariants:
//   1. The first signal only sets the flag; a second one ends the process at once, as it always
//      did.
//   2. A blocking read returns when the signal comes.
#ifndef TREERING_TOOLS_KVCTL_INTERRUPT_H_
#define TREERING_TOOLS_KVCTL_INTERRUPT_H_

namespace treering::kvctl {

void CatchInterrupts();
bool Interrupted();

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_INTERRUPT_H_
