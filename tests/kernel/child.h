// Child: runs a body in a forked process of its own, with limits or filters that only it has.
//
// Owner: nobody.
// Threads: the caller is the only thread of its process.
// Invariants:
//   1. The body's process ends with its answer; what it prints goes where the test's output goes.
#ifndef TREERING_TESTS_KERNEL_CHILD_H_
#define TREERING_TESTS_KERNEL_CHILD_H_

#include <csignal>
#include <functional>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace treering::testing {

// Empty when `body` answered an empty text, else that text or how the process ended.
inline std::string RunChild(const std::function<std::string()>& body) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    const std::string wrong = body();
    (void)!write(ends[1], wrong.data(), wrong.size());
    _exit(wrong.empty() ? 0 : 1);
  }
  close(ends[1]);
  std::string wrong;
  char bytes[512];
  for (ssize_t n = 0; (n = read(ends[0], bytes, sizeof bytes)) > 0;)
    wrong.append(bytes, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return wrong + "ended by signal " + std::to_string(WTERMSIG(status));
  if (wrong.empty() && WEXITSTATUS(status) != 0)
    return "exit " + std::to_string(WEXITSTATUS(status));
  return wrong;
}

}  // namespace treering::testing

#endif  // TREERING_TESTS_KERNEL_CHILD_H_
