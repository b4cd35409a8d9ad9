// Fallbacks: which fast paths a disk does without, and why. The first reason of each is kept.
//
// Owner: a real disk; outlives its directories, queues and registry.
// Threads: any.
// Invariants:
//   1. on_change is called once a fast path, after Reason shows it, without a lock held here.
#ifndef TREERING_ENGINE_IO_FALLBACKS_H_
#define TREERING_ENGINE_IO_FALLBACKS_H_

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "engine/base/thread.h"

namespace treering::io {

enum class FastPath : uint8_t { kRing, kDirectIo, kRegisteredBuffers };
inline constexpr int kFastPathCount = 3;

class Fallbacks {
 public:
  // `on_change` may be empty. It runs on the thread that falls back, perhaps under locks of this
  // folder: it must neither block nor call the disk.
  explicit Fallbacks(std::function<void()> on_change);

  void Note(FastPath path, const std::string& reason);
  // Empty: it is on, as far as anybody tried.
  std::string Reason(FastPath path) const;

 private:
  const std::function<void()> on_change_;
  mutable base::Mutex mutex_;
  std::array<std::string, kFastPathCount> reasons_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_FALLBACKS_H_
