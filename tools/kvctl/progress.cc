#include "tools/kvctl/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "tools/kvctl/byte_size.h"

namespace treering::kvctl {
namespace {

constexpr double kFirstSeconds = 1;
constexpr double kIntervalSeconds = 0.1;

std::string Amount(ProgressUnit unit, uint64_t amount) {
  return unit == ProgressUnit::kBytes ? FormatByteSize(amount) : FormatCount(amount);
}

std::string Duration(double seconds) {
  const auto whole = static_cast<uint64_t>(std::ceil(std::min(seconds, 359'999.0)));
  char text[32];
  if (whole < 3600) {
    std::snprintf(text, sizeof text, "%u:%02u", static_cast<unsigned>(whole / 60),
                  static_cast<unsigned>(whole % 60));
  } else {
    std::snprintf(text, sizeof text, "%u:%02u:%02u", static_cast<unsigned>(whole / 3600),
                  static_cast<unsigned>(whole / 60 % 60), static_cast<unsigned>(whole % 60));
  }
  return text;
}

std::string Bar(double share, size_t columns, bool utf8) {
  const auto full = static_cast<size_t>(share * static_cast<double>(columns));
  std::string bar;
  for (size_t i = 0; i < columns; ++i) bar += i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : ".");
  return bar;
}

}  // namespace

std::string RenderProgress(const ProgressState& state, size_t width, bool utf8) {
  const double seconds = std::max(state.seconds, 1e-9);
  const double rate = static_cast<double>(state.done) / seconds;
  const std::string speed = Amount(state.unit, static_cast<uint64_t>(rate)) + "/s";
  if (state.total == 0) {
    return (state.label + "  " + Amount(state.unit, state.done) + "  " + speed + "  " +
            Duration(state.seconds))
        .substr(0, width);
  }
  const double share =
      std::min(1.0, static_cast<double>(state.done) / static_cast<double>(state.total));
  const double left = state.done == 0 ? 0 : seconds * (1 - share) / share;
  char percent[8];
  std::snprintf(percent, sizeof percent, "%3d%%", static_cast<int>(share * 100));
  const std::string tail = std::string(percent) + "  " + speed + "  " +
                           (state.done == 0 ? "?" : Duration(left)) + " left";
  const size_t used = state.label.size() + tail.size() + 4;
  constexpr size_t kBarColumnsMin = 8;
  constexpr size_t kBarColumnsMax = 40;
  if (used + kBarColumnsMin > width) return (state.label + "  " + tail).substr(0, width);
  return state.label + "  " + Bar(share, std::min(width - used, kBarColumnsMax), utf8) + "  " +
         tail;
}

Progress::Progress(const Terminal& terminal, bool quiet, std::string label, ProgressUnit unit,
                   uint64_t total)
    : on_(terminal.err_is_terminal && !quiet),
      utf8_(terminal.utf8),
      state_{std::move(label), unit, 0, total, 0},
      started_(Clock::now()),
      drawn_(started_) {}

void Progress::Update(uint64_t done) {
  if (!on_) return;
  state_.done = done;
  const Clock::time_point now = Clock::now();
  const auto since = [now](Clock::time_point then) {
    return std::chrono::duration<double>(now - then).count();
  };
  state_.seconds = since(started_);
  if (since(drawn_) < (is_shown_ ? kIntervalSeconds : kFirstSeconds)) return;
  drawn_ = now;
  is_shown_ = true;
  const std::string line = RenderProgress(state_, Terminal::Width() - 1, utf8_);
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
}

void Progress::Wipe() {
  if (!is_shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  is_shown_ = false;
}

}  // namespace treering::kvctl
