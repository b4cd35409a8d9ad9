#include "engine/db/point_read.h"

#include "engine/db/table_set.h"

namespace treering::db {

using LookupStep = table::TableLookup::Step;
using Outcome = memtable::Lookup::Outcome;

PointRead::Step PointRead::Start(const SuperVersion* super, const Slice& user_key, uint64_t hash,
                                 key::Sequence snapshot) {
  user_key_ = user_key;
  hash_ = hash;
  snapshot_ = snapshot;
  in_table_ = false;
  started_ = false;
  const auto ask = [&](const memtable::MemTable& memtable) {
    const memtable::Lookup found = memtable.Get(user_key, snapshot);
    value_ = found.value;
    return found.outcome;
  };
  Outcome outcome = super->active != nullptr ? ask(*super->active) : Outcome::kAbsent;
  for (size_t i = 0; outcome == Outcome::kAbsent && i < super->sealed.size(); ++i) {
    outcome = ask(*super->sealed[i]);
  }
  if (outcome == Outcome::kValue) return Step::kFound;
  if (outcome == Outcome::kDeleted) return Step::kNotFound;
  search_.emplace(*super->version, user_key);
  return NextTable();
}

PointRead::Step PointRead::NextTable() {
  table_ = search_->Next();
  started_ = false;
  if (table_ == nullptr) return Step::kNotFound;
  return TableSet::Peek(*table_) == nullptr ? Step::kNeedTable : StartTable();
}

PointRead::Step PointRead::StartTable() {
  started_ = true;
  lookup_.Start(TableSet::Peek(*table_), user_key_, hash_, snapshot_);
  return Settle(lookup_.Resume());
}

PointRead::Step PointRead::Resume(const cache::BlockRef* block) {
  return started_ ? Settle(lookup_.Resume(block)) : StartTable();
}

PointRead::Step PointRead::ResumeFailed(const Status& status) {
  if (started_) return Settle(lookup_.ResumeFailed(status));
  status_ = status;
  return Step::kError;
}

PointRead::Step PointRead::Settle(LookupStep step) {
  switch (step) {
    case LookupStep::kFound:
      in_table_ = true;
      value_ = lookup_.value();
      return Step::kFound;
    case LookupStep::kDeleted:
      return Step::kNotFound;
    case LookupStep::kNeedBlock:
      return Step::kNeedBlock;
    case LookupStep::kAbsent:
      return NextTable();
    case LookupStep::kError:
      break;
  }
  status_ = lookup_.status();
  return Step::kError;
}

}  // namespace treering::db
