#include "engine/compaction/drop_rule.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace treering::compaction {

DeeperLevels::DeeperLevels(std::shared_ptr<const manifest::Version> version, uint32_t output_level)
    : version_(std::move(version)), output_level_(output_level) {}

bool DeeperLevels::MayHold(const Slice& user_key) {
  const key::KeyOrder& order = version_->order();
  for (uint32_t level = output_level_ + 1; level < manifest::Version::level_count(); ++level) {
    const std::vector<manifest::TableRef>& tables = version_->tables(level);
    size_t& i = index_[level];
    while (i < tables.size() &&
           order.CompareUser(tables[i]->meta.largest_user_key(), user_key) < 0) {
      ++i;
    }
    if (i < tables.size() &&
        order.CompareUser(tables[i]->meta.smallest_user_key(), user_key) <= 0) {
      return true;
    }
  }
  return false;
}

DropRule::DropRule(std::vector<key::Sequence> snapshots, const key::KeyOrder& order,
                   DeeperLevels* deeper)
    : snapshots_(std::move(snapshots)), order_(order), deeper_(deeper) {
  TREERING_CHECK(std::is_sorted(snapshots_.begin(), snapshots_.end()));
}

size_t DropRule::StripeOf(key::Sequence sequence) const {
  return static_cast<size_t>(std::lower_bound(snapshots_.begin(), snapshots_.end(), sequence) -
                             snapshots_.begin());
}

bool DropRule::Drop(const Slice& internal_key) {
  const Slice user_key = key::UserKey(internal_key);
  const uint64_t tag = key::Tag(internal_key);
  const size_t stripe = StripeOf(key::TagSequence(tag));

  const bool same_key = has_key_ && order_.CompareUser(user_key, user_key_) == 0;
  if (same_key && stripe == last_stripe_) {
    ++counts_.hidden;
    return true;
  }
  if (!same_key) {
    user_key_.assign(user_key.data(), user_key.size());
    has_key_ = true;
  }
  last_stripe_ = stripe;

  // In the oldest stripe what follows of this key is hidden, so the deletion hides nothing in the
  // merge; in a newer one it may still stand before an entry that a snapshot keeps.
  if (key::TagKind(tag) == key::Kind::kDelete && stripe == 0 && deeper_ != nullptr &&
      !deeper_->MayHold(user_key)) {
    ++counts_.deletions;
    return true;
  }
  ++counts_.kept;
  return false;
}

}  // namespace treering::compaction
