#include "engine/db/super_version.h"

#include <utility>

namespace treering::db {

SuperVersionHolder::~SuperVersionHolder() { Install(nullptr); }

std::shared_ptr<const SuperVersion> SuperVersionHolder::Hold() const {
  const base::EpochDomain::Guard guard(epochs_);
  // The holder's own count is let go only after this guard, so there is one to share.
  const SuperVersion* const now = Current();
  return now == nullptr ? nullptr : now->shared_from_this();
}

void SuperVersionHolder::Install(std::shared_ptr<const SuperVersion> next) {
  std::shared_ptr<const SuperVersion> before = std::exchange(owned_, std::move(next));
  current_.store(owned_.get(), std::memory_order_release);
  if (before != nullptr)
    epochs_->Retire([before = std::move(before)]() mutable { before.reset(); });
}

}  // namespace treering::db
