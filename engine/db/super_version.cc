#include "engine/db/super_version.h"

#include <utility>

namespace treering::db {

SuperVersionHolder::~SuperVersionHolder() {
  current_.store(nullptr, std::memory_order_release);
  epochs_->Retire(std::move(retirement_));
}

std::shared_ptr<const SuperVersion> SuperVersionHolder::Hold() const {
  const base::EpochDomain::Guard guard(epochs_);
  // The holder's own count is let go only after this guard, so there is one to share.
  const SuperVersion* const now = Current();
  return now == nullptr ? nullptr : now->shared_from_this();
}

void SuperVersionHolder::Install(std::shared_ptr<const SuperVersion> next) {
  const SuperVersion* const now = next.get();
  auto prepared = base::EpochDomain::Prepare([next = std::move(next)]() mutable { next.reset(); });
  current_.store(now, std::memory_order_release);
  std::swap(retirement_, prepared);
  epochs_->Retire(std::move(prepared));
}

}  // namespace treering::db
