#include "tests/support/histories.h"

#include <algorithm>
#include <utility>

namespace treering::testing {
namespace {

bool Covers(Ending ending, Durability durability) {
  switch (ending) {
    case Ending::kClose:
      return true;
    case Ending::kKill:
      return durability >= Durability::kProcess;
    case Ending::kPowerLoss:
      return durability >= Durability::kDisk;
  }
  return false;
}

}  // namespace

Histories::Histories(size_t writers) : writers_(writers) {
  for (auto& floors : floors_) floors.assign(writers, 0);
}

size_t Histories::Begin(size_t writer, std::vector<Oracle::Change>* changes,
                        Durability durability) {
  base::MutexLock lock(&mutex_);
  Writer& self = writers_[writer];
  const size_t index = self.oracle.count();
  changes->emplace_back(Prefix(writer) + "count", std::to_string(index));
  self.oracle.Begin(*changes, durability);
  Batch batch{durability, {}};
  for (const Writer& other : writers_) batch.acknowledged_before.push_back(other.acknowledged);
  self.batches.push_back(std::move(batch));
  return index;
}

void Histories::Acknowledge(size_t writer, size_t index) {
  base::MutexLock lock(&mutex_);
  Note(writer, index);
}

void Histories::Refuse(size_t writer, size_t index) {
  base::MutexLock lock(&mutex_);
  writers_[writer].oracle.Refuse(index);
}

Content Histories::Expected(size_t writer) {
  base::MutexLock lock(&mutex_);
  return writers_[writer].oracle.Expected();
}

void Histories::Seen(size_t writer, const std::string& count) {
  base::MutexLock lock(&mutex_);
  Note(writer, std::stoull(count));
}

// With the mutex held.
void Histories::Note(size_t writer, size_t index) {
  const Batch& batch = writers_[writer].batches[index];
  writers_[writer].acknowledged = std::max(writers_[writer].acknowledged, index + 1);
  for (size_t ending = 0; ending < kEndings; ++ending) {
    if (!Covers(static_cast<Ending>(ending), batch.durability)) continue;
    std::vector<size_t>& floors = floors_[ending];
    for (size_t other = 0; other < writers_.size(); ++other) {
      floors[other] = std::max(floors[other], batch.acknowledged_before[other]);
    }
    floors[writer] = std::max(floors[writer], index + 1);
  }
}

std::string Histories::CheckAndSettle(const Content& content, Ending ending) {
  base::MutexLock lock(&mutex_);
  return Settle(content, std::vector<size_t>(floors_[static_cast<size_t>(ending)]));
}

std::string Histories::CheckAndSettleAny(const Content& content) {
  base::MutexLock lock(&mutex_);
  return Settle(content, std::vector<size_t>(writers_.size()));
}

// With the mutex held.
std::string Histories::Settle(const Content& content, const std::vector<size_t>& floors) {
  size_t found = 0;
  for (size_t writer = 0; writer < writers_.size(); ++writer) {
    Content own;
    for (const auto& [key, value] : content) {
      if (key.starts_with(Prefix(writer))) own.emplace(key, value);
    }
    found += own.size();
    Writer& self = writers_[writer];
    const std::string wrong = self.oracle.CheckAndSettle(own, floors[writer]);
    if (!wrong.empty()) return "writer " + std::to_string(writer) + ": " + wrong;
    self.batches.resize(self.oracle.count());
    self.acknowledged = self.oracle.count();
    for (auto& of_ending : floors_) of_ending[writer] = self.oracle.count();
  }
  return found == content.size() ? "" : "keys that nobody wrote";
}

}  // namespace treering::testing
