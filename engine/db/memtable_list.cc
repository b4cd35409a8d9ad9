#include "engine/db/memtable_list.h"

#include <utility>

#include "engine/base/check.h"

namespace treering::db {

MemtableList::MemtableList(key::KeyOrder order, base::BlockSource* blocks,
                           SuperVersionHolder* supers,
                           std::shared_ptr<const manifest::Version> version)
    : order_(order),
      blocks_(blocks),
      supers_(supers),
      prng_(base::EntropyU64()),
      version_(std::move(version)) {
  base::MutexLock lock(&mutex_);
  active_ = NewMemtable();
  supers_->Install(MakeSuperVersion(active_, version_));
}

std::shared_ptr<memtable::MemTable> MemtableList::NewMemtable() {
  return std::make_shared<memtable::MemTable>(order_, blocks_, prng_.Next());
}

// Over what is sealed now.
std::shared_ptr<SuperVersion> MemtableList::MakeSuperVersion(
    std::shared_ptr<memtable::MemTable> active,
    std::shared_ptr<const manifest::Version> version) const {
  auto super = std::make_shared<SuperVersion>();
  super->active = std::move(active);
  super->sealed.reserve(sealed_.size() + 1);
  for (auto it = sealed_.rbegin(); it != sealed_.rend(); ++it) super->sealed.push_back(it->table);
  super->version = std::move(version);
  return super;
}

std::shared_ptr<memtable::MemTable> MemtableList::active() const {
  base::MutexLock lock(&mutex_);
  return active_;
}

void MemtableList::SealActive(key::Sequence last_sequence) {
  base::MutexLock lock(&mutex_);
  // Whatever may throw comes first.
  std::shared_ptr<memtable::MemTable> next = NewMemtable();
  sealed_.reserve(sealed_.size() + 1);
  auto super = MakeSuperVersion(next, version_);
  super->sealed.insert(super->sealed.begin(), active_);
  supers_->Install(std::move(super));
  active_->Seal();
  sealed_.push_back({std::exchange(active_, std::move(next)), last_sequence});
}

std::vector<SealedMemtable> MemtableList::Sealed() const {
  base::MutexLock lock(&mutex_);
  return sealed_;
}

size_t MemtableList::SealedCount() const {
  base::MutexLock lock(&mutex_);
  return sealed_.size();
}

uint64_t MemtableList::MemoryBytes() const {
  base::MutexLock lock(&mutex_);
  uint64_t bytes = active_->MemoryBytes();
  for (const SealedMemtable& sealed : sealed_) bytes += sealed.table->MemoryBytes();
  return bytes;
}

void MemtableList::Install(std::shared_ptr<const manifest::Version> version, size_t flushed) {
  base::MutexLock lock(&mutex_);
  TREERING_CHECK(flushed <= sealed_.size());
  auto super = MakeSuperVersion(active_, version);
  super->sealed.resize(sealed_.size() - flushed);  // the oldest are in tables now
  supers_->Install(std::move(super));
  for (size_t i = 0; i < flushed; ++i) sealed_[i].table->PassToReaders();
  sealed_.erase(sealed_.begin(), sealed_.begin() + static_cast<ptrdiff_t>(flushed));
  version_ = std::move(version);
}

}  // namespace treering::db
