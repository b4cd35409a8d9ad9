#include "tools/kvctl/interrupt.h"

#include <csignal>

namespace treering::kvctl {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void Handle(int) { interrupted = 1; }

}  // namespace

void CatchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = Handle;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // no SA_RESTART: reads must return
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

bool Interrupted() { return interrupted != 0; }

}  // namespace treering::kvctl
