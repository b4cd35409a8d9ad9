#include "engine/io/fallbacks.h"

#include <utility>

namespace treering::io {

Fallbacks::Fallbacks(std::function<void()> on_change) : on_change_(std::move(on_change)) {}

void Fallbacks::Note(FastPath path, const std::string& reason) {
  {
    base::MutexLock lock(&mutex_);
    std::string& kept = reasons_[static_cast<size_t>(path)];
    if (!kept.empty()) return;
    kept = reason;
  }
  if (on_change_) on_change_();
}

std::string Fallbacks::Reason(FastPath path) const {
  base::MutexLock lock(&mutex_);
  return reasons_[static_cast<size_t>(path)];
}

}  // namespace treering::io
