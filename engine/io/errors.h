// The verdict on every errno, for every operation: one constexpr table, no code path of its own.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. Every errno 1..133 is named in the table, for every operation: one forgotten does not
//      compile.
//   2. Retry is for EINTR and EAGAIN only, with a cap; a failed sync is never retried.
#ifndef TREERING_ENGINE_IO_ERRORS_H_
#define TREERING_ENGINE_IO_ERRORS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "api/status.h"
#include "engine/io/request.h"

namespace treering::io {

// What was being done when the error came, data and directory operations alike.
// clang-format off
enum class Action : uint8_t {
  kRead, kWrite, kSync, kAllocate, kTruncate,  // in the order of Op
  kOpen, kCreate, kRename, kLink, kUnlink, kList, kSyncDirectory, kMakeDirectory, kLock, kStat,
  kMap, kEnterRing, kSetupRing, kRegister,
};
// clang-format on
inline constexpr int kActionCount = 19;

enum class Verdict : uint8_t {
  kRetry,   // the same request again, a bounded number of times
  kStatus,  // the operation's caller gets `code`
  kFailed,  // an invariant of ours is broken: the database answers Failed from now on
};

struct ErrorVerdict {
  Verdict verdict;
  Status::Code code;
};

// What a request was doing.
constexpr Action ActionOf(Op op) { return static_cast<Action>(op); }

ErrorVerdict VerdictFor(Action action, int error);

// "read", "fdatasync", ...
std::string_view ActionName(Action action);

// "EIO", or the number where it has no name.
std::string ErrorName(int error);

// For actions that have no offset.
inline constexpr uint64_t kNoOffset = UINT64_MAX;

// A Status naming action, path, offset (unless kNoOffset), errno by name and, where there is one,
// what to do next; without memory only the right code. `error` is not 0.
Status ErrorStatus(Action action, std::string_view path, uint64_t offset, int error) noexcept;

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_ERRORS_H_
