// Terminal: what stdout and stderr are, and the colours they may have.
//
// Owner: main; one value that everything reads.
// Threads: plain values after Detect.
// Invariants:
//   1. Colour and animation only on a terminal; never with NO_COLOR, --no-color or TERM=dumb.
//   2. Characters beyond ASCII only where the locale is UTF-8.
#ifndef TREERING_TOOLS_KVCTL_TERMINAL_H_
#define TREERING_TOOLS_KVCTL_TERMINAL_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace treering::kvctl {

enum class Colour { kRed, kGreen, kYellow, kBlue, kBold, kDim };

struct Terminal {
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool in_is_terminal = false;
  bool colour_out = false;
  bool colour_err = false;
  bool utf8 = false;

  // Looks at the descriptors and the environment.
  static Terminal Detect(bool no_color);
  // Columns now, 80 when nobody knows.
  static size_t Width();
};

// `text` in that colour when `on`, as it is otherwise.
std::string Paint(bool on, Colour colour, std::string_view text);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_TERMINAL_H_
