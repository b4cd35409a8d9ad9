#include "engine/manifest/version_builder.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace treering::manifest {
namespace {

Status Refused(const std::string& what) { return Status::Corruption("manifest edit: " + what); }

std::string Name(const TableMeta& meta) {
  return "table " + std::to_string(meta.number) + " of level " + std::to_string(meta.level);
}

bool Disjoint(const key::KeyOrder& order, const TableRef& before, const TableRef& after) {
  return order.CompareUser(before->meta.largest_user_key(), after->meta.smallest_user_key()) < 0;
}

void SortByKey(const key::KeyOrder& order, std::vector<TableRef>* tables) {
  std::sort(tables->begin(), tables->end(), [&order](const TableRef& a, const TableRef& b) {
    const int r = order.Compare(a->meta.smallest, b->meta.smallest);
    return r != 0 ? r < 0 : a->meta.number < b->meta.number;
  });
}

void SortNewestFirst(std::vector<TableRef>* tables) {
  std::sort(tables->begin(), tables->end(), [](const TableRef& a, const TableRef& b) {
    if (a->meta.largest_sequence != b->meta.largest_sequence) {
      return a->meta.largest_sequence > b->meta.largest_sequence;
    }
    return a->meta.number > b->meta.number;
  });
}

// Tables by key.
Status CheckDisjoint(const key::KeyOrder& order, const std::vector<TableRef>& tables) {
  for (size_t i = 1; i < tables.size(); ++i) {
    if (Disjoint(order, tables[i - 1], tables[i])) continue;
    return Refused("the keys of " + Name(tables[i]->meta) + " overlap those of table " +
                   std::to_string(tables[i - 1]->meta.number));
  }
  return Status::Ok();
}

// Tables newest first. Those whose sequence ranges hang together must not share a key: they are
// the parts of one flush.
Status CheckLevel0(const key::KeyOrder& order, const std::vector<TableRef>& tables) {
  size_t begin = 0;
  while (begin < tables.size()) {
    key::Sequence oldest = tables[begin]->meta.smallest_sequence;
    size_t end = begin + 1;
    while (end < tables.size() && tables[end]->meta.largest_sequence >= oldest) {
      oldest = std::min(oldest, tables[end]->meta.smallest_sequence);
      ++end;
    }
    std::vector<TableRef> group(tables.begin() + static_cast<ptrdiff_t>(begin),
                                tables.begin() + static_cast<ptrdiff_t>(end));
    SortByKey(order, &group);
    if (Status s = CheckDisjoint(order, group); !s.ok()) return s;
    begin = end;
  }
  return Status::Ok();
}

}  // namespace

TableRef VersionBuilder::FindInBase(uint64_t number) const {
  if (removed_.contains(number)) return nullptr;
  for (const auto& level : base_.levels_) {
    const auto it = std::find(level->numbers.begin(), level->numbers.end(), number);
    if (it != level->numbers.end()) {
      return level->tables[static_cast<size_t>(it - level->numbers.begin())];
    }
  }
  return nullptr;
}

Status VersionBuilder::Remove(const RemovedTable& removed) {
  const auto added = added_.find(removed.number);
  const TableRef table = added != added_.end() ? added->second : FindInBase(removed.number);
  if (table == nullptr || table->meta.level != removed.level) {
    return Refused("removes table " + std::to_string(removed.number) + " from level " +
                   std::to_string(removed.level) + ", where it is not");
  }
  leaving_[removed.number] = table;
  if (added != added_.end()) {
    added_.erase(added);
  } else {
    removed_[removed.number] = table;
  }
  return Status::Ok();
}

Status VersionBuilder::Add(const TableMeta& meta) {
  if (meta.level >= base::kLevelCount) {
    return Status::NotSupported("manifest edit: " + Name(meta) + "; this build has " +
                                std::to_string(base::kLevelCount) + " levels");
  }
  if (added_.contains(meta.number) || FindInBase(meta.number) != nullptr) {
    return Refused("adds " + Name(meta) + ", which is there already");
  }
  if (base_.order().Compare(meta.smallest, meta.largest) > 0) {
    return Refused(Name(meta) + " has its keys the wrong way round");
  }
  auto table = std::make_shared<LiveTable>();
  table->meta = meta;
  const auto moved = leaving_.find(meta.number);
  if (moved != leaving_.end()) {
    if (moved->second->meta.id != meta.id) {
      return Refused(Name(meta) + " takes the number of another file");
    }
    table->slot = moved->second->slot;
  } else {
    table->slot = std::make_shared<HandleSlot>();
  }
  added_[meta.number] = std::move(table);
  return Status::Ok();
}

Status VersionBuilder::Apply(const VersionEdit& edit) {
  leaving_.clear();
  for (const RemovedTable& removed : edit.removed_tables) {
    if (Status s = Remove(removed); !s.ok()) return s;
  }
  for (const TableMeta& meta : edit.added_tables) {
    if (Status s = Add(meta); !s.ok()) return s;
  }
  return Status::Ok();
}

Result<std::shared_ptr<const Version::Level>> VersionBuilder::BuildLevel(uint32_t number) const {
  const std::shared_ptr<const Version::Level>& before = base_.levels_[number];
  const auto is_here = [number](const auto& entry) { return entry.second->meta.level == number; };
  const bool changed = std::any_of(added_.begin(), added_.end(), is_here) ||
                       std::any_of(removed_.begin(), removed_.end(), is_here);
  if (!changed) return before;

  auto level = std::make_shared<Version::Level>();
  for (const TableRef& table : before->tables) {
    if (!removed_.contains(table->meta.number)) level->tables.push_back(table);
  }
  for (const auto& [unused, table] : added_) {
    if (table->meta.level == number) level->tables.push_back(table);
  }
  const key::KeyOrder& order = base_.order();
  if (number == 0) {
    SortNewestFirst(&level->tables);
    if (Status s = CheckLevel0(order, level->tables); !s.ok()) return s;
  } else {
    SortByKey(order, &level->tables);
    if (Status s = CheckDisjoint(order, level->tables); !s.ok()) return s;
  }
  for (const TableRef& table : level->tables) {
    level->numbers.push_back(table->meta.number);
    level->bytes += table->meta.bytes;
    if (!order.bytewise()) continue;
    level->smallest_heads.push_back(key::KeyHead(table->meta.smallest_user_key()));
    level->largest_heads.push_back(key::KeyHead(table->meta.largest_user_key()));
  }
  return std::shared_ptr<const Version::Level>(std::move(level));
}

Result<std::shared_ptr<const Version>> VersionBuilder::Build() const {
  std::shared_ptr<Version> version(new Version(base_.order()));
  for (uint32_t level = 0; level < Version::level_count(); ++level) {
    auto built = BuildLevel(level);
    if (!built.ok()) return built.status();
    version->levels_[level] = std::move(built).value();
  }
  return std::shared_ptr<const Version>(std::move(version));
}

}  // namespace treering::manifest
