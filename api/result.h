// Result<T>: a value, or the Status that says why there is none.
//
// Owner: a value.
// Threads: as T.
// Invariants:
//   1. Holds a T exactly when status().ok().
//   2. Taking the value of a failed Result is a programmer's error and aborts.
#ifndef TREERING_API_RESULT_H_
#define TREERING_API_RESULT_H_

#include <cstdlib>
#include <optional>
#include <utility>

#include "api/status.h"

namespace treering {

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT: a value is a result
  Result(Status status) : status_(std::move(status)) {  // NOLINT: so is an error
    if (status_.ok()) std::abort();
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }

  T& value() & {
    if (!ok()) std::abort();
    return *value_;
  }
  const T& value() const& {
    if (!ok()) std::abort();
    return *value_;
  }
  T&& value() && {
    if (!ok()) std::abort();
    return std::move(*value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace treering

#endif  // TREERING_API_RESULT_H_
