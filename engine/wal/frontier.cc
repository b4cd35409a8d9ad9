#include "engine/wal/frontier.h"

#include <algorithm>

#include "engine/base/check.h"

namespace treering::wal {

Frontier::Frontier(uint64_t lsn, key::Sequence sequence)
    : written_{lsn, sequence}, durable_{lsn, sequence}, submitted_lsn_(lsn) {}

void Frontier::MakeRoom() {
  if (spare_.empty()) spare_.emplace_back();
}

void Frontier::Submit(const SpillRange& range) {
  TREERING_CHECK(range.first_lsn == submitted_lsn_ && range.end_lsn > range.first_lsn);
  MakeRoom();
  spare_.front() = Entry{range};
  spills_.splice(spills_.end(), spare_, spare_.begin());
  submitted_lsn_ = range.end_lsn;
  ++in_flight_;
}

Frontier::Entry* Frontier::Find(uint64_t first_lsn) {
  for (Entry& entry : spills_) {
    if (entry.range.first_lsn == first_lsn) return &entry;
  }
  return nullptr;
}

void Frontier::Written(uint64_t first_lsn) {
  Entry* const entry = Find(first_lsn);
  TREERING_CHECK(entry != nullptr && !entry->done);
  entry->done = true;
  --in_flight_;
  Advance();
}

void Frontier::FailWrite(uint64_t first_lsn, const Status& error) {
  Entry* const entry = Find(first_lsn);
  TREERING_CHECK(entry != nullptr && !entry->done && !error.ok());
  entry->done = true;
  --in_flight_;
  PoisonAt(first_lsn, entry->range.first_sequence, error);
}

void Frontier::Advance() {
  while (!spills_.empty() && spills_.front().done &&
         spills_.front().range.first_lsn < poisoned_lsn_) {
    const SpillRange& range = spills_.front().range;
    written_ = {range.end_lsn, range.last_sequence};
    released_tail_ = range.tail_end;
    spare_.splice(spare_.begin(), spills_, spills_.begin());
  }
}

SyncTicket Frontier::StartSync() const { return {durable_.lsn, written_.lsn, written_.sequence}; }

void Frontier::FinishSync(const SyncTicket& ticket) {
  // What another sync failed on may be lost although this one answered success.
  if (ticket.to_lsn > poisoned_lsn_ || ticket.to_lsn <= durable_.lsn) return;
  durable_ = {ticket.to_lsn, ticket.sequence};
}

void Frontier::FailSync(const SyncTicket& ticket, const Status& error) {
  TREERING_CHECK(!error.ok() && ticket.to_lsn <= submitted_lsn_);
  PoisonAt(durable_.lsn, durable_.sequence + 1, error);
}

void Frontier::PoisonAt(uint64_t lsn, key::Sequence sequence, const Status& error) {
  if (error_.ok()) error_ = error;
  poisoned_lsn_ = std::min(poisoned_lsn_, lsn);
  poisoned_sequence_ = std::min(poisoned_sequence_, sequence);
}

}  // namespace treering::wal
