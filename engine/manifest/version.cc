#include "engine/manifest/version.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/manifest/version_builder.h"

namespace treering::manifest {

void* HandleSlot::Attach(std::shared_ptr<void> handle) {
  TREERING_CHECK(handle != nullptr);
  base::MutexLock lock(&mutex_);
  if (owner_ == nullptr) {
    owner_ = std::move(handle);
    raw_.store(owner_.get(), std::memory_order_release);
  }
  return owner_.get();
}

Version::Version(const key::KeyOrder& order) : order_(order) {
  static const auto kEmptyLevel = std::make_shared<const Level>();
  levels_.fill(kEmptyLevel);
}

std::shared_ptr<const Version> Version::Empty(const key::KeyOrder& order) {
  return std::shared_ptr<const Version>(new Version(order));
}

Result<std::shared_ptr<const Version>> Version::Apply(const VersionEdit& edit) const {
  VersionBuilder builder(*this);
  if (Status s = builder.Apply(edit); !s.ok()) return s;
  return builder.Build();
}

uint64_t Version::total_bytes() const {
  uint64_t bytes = 0;
  for (const auto& level : levels_) bytes += level->bytes;
  return bytes;
}

uint64_t Version::table_count() const {
  uint64_t count = 0;
  for (const auto& level : levels_) count += level->tables.size();
  return count;
}

uint32_t Version::depth() const {
  uint32_t depth = level_count();
  while (depth > 0 && levels_[depth - 1]->tables.empty()) --depth;
  return depth;
}

bool Version::StartsAtOrBefore(const Level& level, size_t index, const Slice& user_key,
                               uint64_t head) const {
  if (order_.bytewise() && level.smallest_heads[index] != head) {
    return level.smallest_heads[index] < head;
  }
  return order_.CompareUser(level.tables[index]->meta.smallest_user_key(), user_key) <= 0;
}

bool Version::EndsAtOrBehind(const Level& level, size_t index, const Slice& user_key,
                             uint64_t head) const {
  if (order_.bytewise() && level.largest_heads[index] != head) {
    return level.largest_heads[index] > head;
  }
  return order_.CompareUser(level.tables[index]->meta.largest_user_key(), user_key) >= 0;
}

size_t Version::FindInLevel(const Level& level, const Slice& user_key, uint64_t head) const {
  auto begin = level.tables.begin();
  auto end = level.tables.end();
  if (order_.bytewise()) {
    // Heads decide all but the tables whose largest key begins with the same eight bytes.
    const auto& heads = level.largest_heads;
    const auto [low, high] = std::equal_range(heads.begin(), heads.end(), head);
    end = begin + (high - heads.begin());
    begin += low - heads.begin();
  }
  const auto found = std::partition_point(begin, end, [this, &user_key](const TableRef& table) {
    return order_.CompareUser(table->meta.largest_user_key(), user_key) < 0;
  });
  return static_cast<size_t>(found - level.tables.begin());
}

size_t Version::FindTable(uint32_t level, const Slice& user_key) const {
  return FindInLevel(*levels_[level], user_key, key::KeyHead(user_key));
}

const LiveTable* Version::Search::Next() {
  if (level_ == 0) {
    const Level& level = *version_->levels_[0];
    while (index_ < level.tables.size()) {
      const size_t i = index_++;
      if (version_->StartsAtOrBefore(level, i, user_key_, head_) &&
          version_->EndsAtOrBehind(level, i, user_key_, head_)) {
        return level.tables[i].get();
      }
    }
    level_ = 1;
  }
  while (level_ < level_count()) {
    const Level& level = *version_->levels_[level_++];
    const size_t i = version_->FindInLevel(level, user_key_, head_);
    if (i < level.tables.size() && version_->StartsAtOrBefore(level, i, user_key_, head_)) {
      return level.tables[i].get();
    }
  }
  return nullptr;
}

std::vector<TableRef> Version::Overlapping(uint32_t level, const Slice* begin,
                                           const Slice* end) const {
  std::vector<TableRef> found;
  const std::vector<TableRef>& all = tables(level);
  size_t i = level == 0 || begin == nullptr ? 0 : FindTable(level, *begin);
  for (; i < all.size(); ++i) {
    const TableMeta& meta = all[i]->meta;
    const bool behind = end != nullptr && order_.CompareUser(meta.smallest_user_key(), *end) > 0;
    if (behind && level != 0) break;
    const bool before = begin != nullptr && order_.CompareUser(meta.largest_user_key(), *begin) < 0;
    if (!behind && !before) found.push_back(all[i]);
  }
  return found;
}

bool Version::AnyOverlap(uint32_t level, const Slice* begin, const Slice* end) const {
  const std::vector<TableRef>& all = tables(level);
  if (level == 0) return !Overlapping(level, begin, end).empty();
  const size_t i = begin == nullptr ? 0 : FindTable(level, *begin);
  if (i == all.size()) return false;
  return end == nullptr || order_.CompareUser(all[i]->meta.smallest_user_key(), *end) <= 0;
}

bool Version::DeeperMayHold(uint32_t level, const Slice& user_key) const {
  for (uint32_t deeper = level + 1; deeper < level_count(); ++deeper) {
    if (AnyOverlap(deeper, &user_key, &user_key)) return true;
  }
  return false;
}

uint64_t Version::ApproximateBytes(const Slice& begin, const Slice& end,
                                   const std::function<uint64_t(const LiveTable&)>& partial) const {
  if (order_.CompareUser(begin, end) >= 0) return 0;
  uint64_t bytes = 0;
  for (uint32_t level = 0; level < level_count(); ++level) {
    for (const TableRef& table : Overlapping(level, &begin, &end)) {
      const TableMeta& meta = table->meta;
      if (order_.CompareUser(meta.smallest_user_key(), end) >= 0) continue;
      const bool whole = order_.CompareUser(meta.smallest_user_key(), begin) >= 0 &&
                         order_.CompareUser(meta.largest_user_key(), end) < 0;
      if (whole) {
        bytes += meta.bytes;
      } else {
        bytes += partial ? std::min(partial(*table), meta.bytes) : meta.bytes / 2;
      }
    }
  }
  return bytes;
}

std::string Version::DebugText(bool with_tables) const {
  std::string text;
  for (uint32_t level = 0; level < level_count(); ++level) {
    if (tables(level).empty()) continue;
    text += "L" + std::to_string(level) + ": " + std::to_string(tables(level).size()) +
            " tables, " + std::to_string(level_bytes(level)) + " bytes\n";
    if (!with_tables) continue;
    for (const TableRef& table : tables(level)) {
      const TableMeta& meta = table->meta;
      text += "  " + std::to_string(meta.number) + ": " + std::to_string(meta.bytes) + " bytes, " +
              std::to_string(meta.entries) + " entries, sequences " +
              std::to_string(meta.smallest_sequence) + "-" + std::to_string(meta.largest_sequence) +
              "\n";
    }
  }
  return text;
}

}  // namespace treering::manifest
