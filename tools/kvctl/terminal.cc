#include "tools/kvctl/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace treering::kvctl {
namespace {

std::string_view Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {  // the first that is set decides
    const std::string_view locale = Environment(name);
    if (locale.empty()) continue;
    for (const char* form : {"UTF-8", "utf8", "UTF8", "utf-8"}) {
      if (locale.find(form) != std::string_view::npos) return true;
    }
    return false;
  }
  return false;
}

std::string_view Code(Colour colour) {
  switch (colour) {
    case Colour::kRed:
      return "31";
    case Colour::kGreen:
      return "32";
    case Colour::kYellow:
      return "33";
    case Colour::kBlue:
      return "34";
    case Colour::kBold:
      return "1";
    case Colour::kDim:
      return "2";
  }
  return "0";
}

}  // namespace

Terminal Terminal::Detect(bool no_color) {
  Terminal terminal;
  terminal.in_is_terminal = isatty(STDIN_FILENO) == 1;
  terminal.out_is_terminal = isatty(STDOUT_FILENO) == 1;
  terminal.err_is_terminal = isatty(STDERR_FILENO) == 1;
  const bool colour = !no_color && Environment("NO_COLOR").empty() && Environment("TERM") != "dumb";
  terminal.colour_out = colour && terminal.out_is_terminal;
  terminal.colour_err = colour && terminal.err_is_terminal;
  terminal.utf8 = LocaleIsUtf8();
  return terminal;
}

size_t Terminal::Width() {
  winsize size = {};
  for (const int fd : {STDERR_FILENO, STDOUT_FILENO}) {
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  }
  return 80;
}

std::string Paint(bool on, Colour colour, std::string_view text) {
  if (!on) return std::string(text);
  return "\x1b[" + std::string(Code(colour)) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace treering::kvctl
