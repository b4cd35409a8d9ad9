#include "engine/base/logger.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>

#include "engine/base/checksum.h"

namespace treering::base {
namespace {

constexpr char kLetters[] = {'D', 'I', 'W', 'E'};

void AppendTime(std::string* line, uint64_t wall_micros) {
  const auto seconds = static_cast<time_t>(wall_micros / 1'000'000);
  tm utc = {};
  gmtime_r(&seconds, &utc);
  char text[80];
  const int bytes =
      std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06uZ ", utc.tm_year + 1900,
                    utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                    static_cast<unsigned>(wall_micros % 1'000'000));
  line->append(text, static_cast<size_t>(bytes));
}

// Formats behind what `line` holds; cut at kMessageBytesMax.
void AppendMessage(std::string* line, const char* format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
void AppendMessage(std::string* line, const char* format, va_list arguments) {
  char text[Logger::kMessageBytesMax + 1];
  const int bytes = std::vsnprintf(text, sizeof text, format, arguments);
  if (bytes < 0) {
    line->append("(message not formatted)");
    return;
  }
  const size_t begin = line->size();
  line->append(text, std::min(static_cast<size_t>(bytes), Logger::kMessageBytesMax));
  // Bytes above 127 stay: they are letters of somebody's file names.
  std::replace_if(
      line->begin() + static_cast<ptrdiff_t>(begin), line->end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
}

}  // namespace

Logger::Logger(std::function<void(std::string_view line)> sink, LogLevel least, Clock* clock)
    : sink_(std::move(sink)), least_(least), clock_(clock) {}

void Logger::Log(LogLevel level, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  LogList(level, format, arguments);
  va_end(arguments);
}

void Logger::Info(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  LogList(LogLevel::kInfo, format, arguments);
  va_end(arguments);
}

void Logger::Warning(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  LogList(LogLevel::kWarning, format, arguments);
  va_end(arguments);
}

void Logger::Error(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  LogList(LogLevel::kError, format, arguments);
  va_end(arguments);
}

void Logger::LogList(LogLevel level, const char* format, va_list arguments) {
  uint64_t left_out = 0;
  if (!Enabled(level) || !Admit(format, &left_out)) return;
  std::string line;
  AppendTime(&line, clock_->WallMicros());
  line += kLetters[static_cast<int>(level)];
  line += ' ';
  AppendMessage(&line, format, arguments);
  if (left_out > 0) line += " (" + std::to_string(left_out) + " like this left out)";
  sink_(line);  // outside the lock: the sink may be slow, or log itself
}

bool Logger::Admit(std::string_view format, uint64_t* left_out) {
  const uint64_t hash = Xxh3(format.data(), format.size(), 0);
  const uint64_t now = clock_->NowNanos();
  MutexLock lock(&mutex_);
  Repeat* repeat = &repeats_[0];
  for (Repeat& candidate : repeats_) {
    if (candidate.last_use != 0 && candidate.format_hash == hash) {
      repeat = &candidate;
      break;
    }
    if (candidate.last_use < repeat->last_use) repeat = &candidate;
  }
  if (repeat->last_use == 0 || repeat->format_hash != hash) {
    *repeat = Repeat();
    repeat->format_hash = hash;
    repeat->interval_began_nanos = now;
  }
  repeat->last_use = ++uses_;
  if (now - repeat->interval_began_nanos >= kIntervalNanos) {
    repeat->interval_began_nanos = now;
    repeat->passed = 0;
  }
  if (repeat->passed == kBurst) {
    ++repeat->left_out;
    return false;
  }
  ++repeat->passed;
  *left_out = std::exchange(repeat->left_out, 0);
  return true;
}

}  // namespace treering::base
