// Contain: the border that no exception crosses. The engine throws none of its own; what the
// standard library throws when the heap refuses memory, and what a program's own code (a
// comparator, a callback) throws, becomes a Status here.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. The way from the exception to the Status allocates nothing.
//   2. Stands around each call of the API, each job of a worker and each call of the log thread;
//      inside, only where a step must be ended before the error goes on.
#ifndef TREERING_ENGINE_BASE_CONTAIN_H_
#define TREERING_ENGINE_BASE_CONTAIN_H_

#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "api/status.h"

namespace treering::base {

// In a handler: what the exception at hand means.
inline Status StatusOfException() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return Status::OutOfMemory();
  } catch (const std::length_error&) {
    return Status::OutOfMemory();
  } catch (...) {
    return Status::ForeignException();
  }
}

// What `body` answers: a Status or a Result; OK of one that answers nothing.
template <typename Body, typename Answer = std::invoke_result_t<Body>>
std::conditional_t<std::is_void_v<Answer>, Status, Answer> Contain(Body&& body) noexcept {
  try {
    if constexpr (std::is_void_v<Answer>) {
      std::forward<Body>(body)();
      return Status::Ok();
    } else {
      return std::forward<Body>(body)();
    }
  } catch (...) {
    return StatusOfException();
  }
}

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_CONTAIN_H_
