// Progress: a line on the terminal that says how far a long command is.
//
// Owner: the command.
// Threads: one.
// Invariants:
//   1. Shows nothing unless stderr is a terminal, and nothing in the first second.
//   2. Leaves no trace: the line is wiped when it ends.
#ifndef TREERING_TOOLS_KVCTL_PROGRESS_H_
#define TREERING_TOOLS_KVCTL_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "tools/kvctl/terminal.h"

namespace treering::kvctl {

enum class ProgressUnit { kBytes, kRecords };

struct ProgressState {
  std::string label;
  ProgressUnit unit = ProgressUnit::kRecords;
  uint64_t done = 0;
  uint64_t total = 0;  // 0: unknown
  double seconds = 0;
};

// At most `width` columns: a bar, percent, rate and remaining time; without a total what is done.
std::string RenderProgress(const ProgressState& state, size_t width, bool utf8);

class Progress {
 public:
  Progress(const Terminal& terminal, bool quiet, std::string label, ProgressUnit unit,
           uint64_t total);
  ~Progress() { Wipe(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Cheap: call it for every record.
  void Update(uint64_t done);
  void Update(uint64_t done, uint64_t total) {
    state_.total = total;
    Update(done);
  }
  // Before something else is printed on the terminal.
  void Wipe();

 private:
  using Clock = std::chrono::steady_clock;

  const bool on_;
  const bool utf8_;
  ProgressState state_;
  const Clock::time_point started_;
  Clock::time_point drawn_;
  bool is_shown_ = false;
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_PROGRESS_H_
