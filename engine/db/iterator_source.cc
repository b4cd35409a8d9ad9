#include "engine/db/iterator_source.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/db/level_iterator.h"
#include "engine/key/merging_iterator.h"

namespace treering::db {
namespace {

// What the merge reads from, and the one queue its reads go to.
struct Hold final : table::ReadSource {
  io::Queue* ForCall() override { return lease.queue(); }
  io::Queue* ForReadAhead() override { return lease.queue(); }

  Hold(std::shared_ptr<DbCore> db, DbParts* parts)
      : core(std::move(db)), entry(&parts->iterators, parts->runtime->clock()->NowNanos()) {}

  const std::shared_ptr<DbCore> core;
  const OpenIterators::Entry entry;
  std::shared_ptr<const SuperVersion> super;
  runtime::QueueLease lease;
};

bool MayOverlap(const key::KeyOrder& order, const manifest::TableMeta& meta, const ReadView& view) {
  if (view.lower && order.CompareUser(meta.largest_user_key(), *view.lower) < 0) return false;
  return !view.upper || order.CompareUser(meta.smallest_user_key(), *view.upper) < 0;
}

}  // namespace

Result<DbIterator::Source> MakeIteratorSource(std::shared_ptr<DbCore> core, DbParts* parts,
                                              const ReadView& view, key::Sequence snapshot) {
  auto lease = parts->runtime->LeaseSharedQueue();
  if (!lease.ok()) return lease.status();
  const auto hold = std::make_shared<Hold>(std::move(core), parts);
  hold->lease = *std::move(lease);
  hold->super = parts->supers->Hold();
  const key::Sequence now = parts->visible().load(std::memory_order_acquire);

  std::vector<std::unique_ptr<key::InternalIterator>> children;
  const SuperVersion& super = *hold->super;
  if (super.active != nullptr) super.active->AppendIterators(&children);
  for (const auto& memtable : super.sealed) memtable->AppendIterators(&children);
  table::TableIteratorOptions options;
  options.fill_cache = view.fill_cache;
  for (const manifest::TableRef& table : super.version->tables(0)) {
    if (!MayOverlap(parts->order, table->meta, view)) continue;
    children.push_back(
        NewLevelIterator(parts->order, {table}, parts->tables.get(), hold.get(), options));
  }
  for (uint32_t level = 1; level < super.version->depth(); ++level) {
    std::vector<manifest::TableRef> tables;
    for (const manifest::TableRef& table : super.version->tables(level)) {
      if (MayOverlap(parts->order, table->meta, view)) tables.push_back(table);
    }
    if (tables.empty()) continue;
    children.push_back(NewLevelIterator(parts->order, std::move(tables), parts->tables.get(),
                                        hold.get(), options));
  }

  DbIterator::Source source;
  source.merge = key::NewMergingIterator(parts->order, std::move(children));
  source.hold = hold;
  source.sequence = std::min(snapshot, now);
  source.closed = &parts->closed;
  source.lower = view.lower;
  source.upper = view.upper;
  return source;
}

}  // namespace treering::db
