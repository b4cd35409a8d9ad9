// Logger: the engine's messages to people, one line each, without flooding them.
//
// Owner: the Runtime; outlives everything that logs.
// Threads: any. The sink is called by the thread that logs, several at a time.
// Invariants:
//   1. A line is one line: control characters of a message are shown as '?'.
//   2. Of messages made from the same format at most kBurst pass in kIntervalNanos; the next that
//      passes says how many were left out.
//   3. Messages never hold keys or values; callers see to it.
#ifndef TREERING_ENGINE_BASE_LOGGER_H_
#define TREERING_ENGINE_BASE_LOGGER_H_

#include <array>
#include <cstdarg>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "engine/base/thread.h"

namespace treering::base {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };

class Logger {
 public:
  static constexpr uint32_t kBurst = 8;
  static constexpr uint64_t kIntervalNanos = 10ull * 1'000'000'000;
  static constexpr size_t kMessageBytesMax = 1000;  // longer ones are cut

  // Lines below `least` are dropped. An empty sink: all are.
  Logger(std::function<void(std::string_view line)> sink, LogLevel least, Clock* clock);
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  bool Enabled(LogLevel level) const { return sink_ != nullptr && level >= least_; }

  // As printf. The line is "2026-01-02T03:04:05.678901Z W message".
  void Log(LogLevel level, const char* format, ...) __attribute__((format(printf, 3, 4)));
  void Info(const char* format, ...) __attribute__((format(printf, 2, 3)));
  void Warning(const char* format, ...) __attribute__((format(printf, 2, 3)));
  void Error(const char* format, ...) __attribute__((format(printf, 2, 3)));

 private:
  // What is known of the messages of one format; the one longest unused makes room for a new one.
  struct Repeat {
    uint64_t format_hash = 0;
    uint64_t interval_began_nanos = 0;
    uint64_t last_use = 0;  // counted in messages
    uint32_t passed = 0;
    uint64_t left_out = 0;
  };

  void LogList(LogLevel level, const char* format, va_list arguments)
      __attribute__((format(printf, 3, 0)));
  // False: leave it out. *left_out: how many were, since the last that passed.
  bool Admit(std::string_view format, uint64_t* left_out);

  const std::function<void(std::string_view)> sink_;
  const LogLevel least_;
  Clock* const clock_;
  Mutex mutex_;
  std::array<Repeat, 32> repeats_;  // guarded by mutex_
  uint64_t uses_ = 0;               // guarded by mutex_
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_LOGGER_H_
