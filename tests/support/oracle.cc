#include "tests/support/oracle.h"

namespace treering::testing {
namespace {

void Apply(const std::vector<Oracle::Change>& changes, Content* state) {
  for (const auto& [key, value] : changes) {
    if (value.has_value()) {
      (*state)[key] = *value;
    } else {
      state->erase(key);
    }
  }
}

std::string Describe(const Content& expected, const Content& found) {
  for (const auto& [key, value] : expected) {
    const auto it = found.find(key);
    if (it == found.end()) return "key '" + key + "' is missing";
    if (it->second != value) {
      return "key '" + key + "' holds '" + it->second.substr(0, 40) + "', not '" +
             value.substr(0, 40) + "'";
    }
  }
  for (const auto& [key, value] : found) {
    if (expected.count(key) == 0) return "key '" + key + "' should not be there";
  }
  return "nothing differs";
}

}  // namespace

size_t Oracle::Begin(std::vector<Change> changes, Durability durability) {
  batches_.push_back({std::move(changes), durability});
  return batches_.size() - 1;
}

void Oracle::Acknowledge(size_t index) { batches_[index].acknowledged = true; }

void Oracle::Refuse(size_t index) { batches_[index].changes.clear(); }

Content Oracle::StateAfter(size_t count) const {
  Content state;
  for (size_t i = 0; i < count; ++i) Apply(batches_[i].changes, &state);
  return state;
}

size_t Oracle::RequiredAtLeast(Durability durability) const {
  for (size_t i = batches_.size(); i > 0; --i) {
    if (batches_[i - 1].acknowledged && batches_[i - 1].durability >= durability) return i;
  }
  return 0;
}

size_t Oracle::RequiredAfterClose() const { return RequiredAtLeast(Durability::kMemory); }

size_t Oracle::RequiredAfterKill() const { return RequiredAtLeast(Durability::kProcess); }

size_t Oracle::RequiredAfterPowerLoss() const { return RequiredAtLeast(Durability::kDisk); }

std::string Oracle::CheckAndSettle(const Content& content, size_t required) {
  Content state = StateAfter(required);
  for (size_t prefix = required;; ++prefix) {
    if (state == content) {
      batches_.resize(prefix);
      for (Batch& batch : batches_) {
        batch.acknowledged = true;  // what was recovered is durable from now on
        batch.durability = Durability::kDisk;
      }
      return "";
    }
    if (prefix == batches_.size()) break;
    Apply(batches_[prefix].changes, &state);
  }
  return "no prefix of at least " + std::to_string(required) + " of " +
         std::to_string(batches_.size()) + " batches gives what was found (" +
         std::to_string(content.size()) +
         " keys); against the shortest: " + Describe(StateAfter(required), content) +
         "; against the longest: " + Describe(state, content);
}

WriteBatch Oracle::ToBatch(const std::vector<Change>& changes) {
  WriteBatch batch;
  for (const auto& [key, value] : changes) {
    if (value.has_value()) {
      batch.Put(key, *value);
    } else {
      batch.Delete(key);
    }
  }
  return batch;
}

}  // namespace treering::testing
