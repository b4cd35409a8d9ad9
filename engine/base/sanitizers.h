// Sanitizers: which of them this was built with, whatever the compiler calls it.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. Each name is 0 or 1: ask with #if. For tests; nothing in the engine behaves otherwise.
#ifndef TREERING_ENGINE_BASE_SANITIZERS_H_
#define TREERING_ENGINE_BASE_SANITIZERS_H_

// g++ defines a macro for each, clang answers __has_feature.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TREERING_UNDER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define TREERING_UNDER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define TREERING_UNDER_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define TREERING_UNDER_TSAN 1
#endif

#ifndef TREERING_UNDER_ASAN
#define TREERING_UNDER_ASAN 0
#endif
#ifndef TREERING_UNDER_TSAN
#define TREERING_UNDER_TSAN 0
#endif

#endif  // TREERING_ENGINE_BASE_SANITIZERS_H_
