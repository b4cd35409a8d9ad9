// CHECK and DCHECK: assertions about our own code, never about what the world returned.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. CHECK stays on in release builds; DCHECK is for hot loops and vanishes with NDEBUG.
//   2. Neither is used on bytes that came from a disk or values that came from a caller.
#ifndef TREERING_ENGINE_BASE_CHECK_H_
#define TREERING_ENGINE_BASE_CHECK_H_

namespace treering::base {

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace treering::base

#define TREERING_CHECK(condition)                                    \
  do {                                                               \
    if (!(condition)) [[unlikely]] {                                 \
      ::treering::base::CheckFailed(__FILE__, __LINE__, #condition); \
    }                                                                \
  } while (false)

#ifdef NDEBUG
#define TREERING_DCHECK(condition) \
  do {                             \
    (void)sizeof(condition);       \
  } while (false)
#else
#define TREERING_DCHECK(condition) TREERING_CHECK(condition)
#endif

#endif  // TREERING_ENGINE_BASE_CHECK_H_
