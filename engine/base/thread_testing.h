// StartOrDie: a thread in one expression, for tests.
//
// Owner: the test joins the thread.
// Threads: any, ordinary or simulated.
// Invariants:
//   1. A thread that cannot be started fails the test.
#ifndef TREERING_ENGINE_BASE_THREAD_TESTING_H_
#define TREERING_ENGINE_BASE_THREAD_TESTING_H_

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "engine/base/thread.h"

namespace treering::base {

inline Thread StartOrDie(const std::string& name, std::function<void()> body) {
  Thread thread;
  const Status status = Thread::Start(name, std::move(body), &thread);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return thread;
}

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_THREAD_TESTING_H_
