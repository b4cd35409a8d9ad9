#include "engine/memtable/memtable.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/block_source.h"
#include "engine/base/limits.h"
#include "engine/base/prng.h"
#include "engine/base/sim_scheduler.h"
#include "engine/base/thread.h"

namespace treering::memtable {
namespace {

using key::Kind;
using key::Sequence;
using Outcome = Lookup::Outcome;

class BoundedSource final : public base::BlockSource {
 public:
  std::byte* Allocate(size_t bytes) override {
    if (closed_) return nullptr;
    std::byte* const block = base::HeapBlockSource()->Allocate(bytes);
    if (block != nullptr) out_ += bytes;
    return block;
  }
  void Free(std::byte* block, size_t bytes) override {
    out_ -= bytes;
    base::HeapBlockSource()->Free(block, bytes);
  }
  void Close() { closed_ = true; }
  uint64_t out() const { return out_; }

 private:
  std::atomic<bool> closed_{false};
  std::atomic<uint64_t> out_{0};
};

std::string InternalKey(const Slice& user_key, uint64_t tag) {
  std::string out;
  key::AppendInternalKey(&out, user_key, tag);
  return out;
}

class MemTableTest : public testing::Test {
 protected:
  std::shared_ptr<MemTable> NewTable() {
    return std::make_shared<MemTable>(key::KeyOrder(BytewiseComparator()), &source_, 13);
  }
  static void Write(MemTable* table, Sequence sequence, Kind kind, const Slice& user_key,
                    const Slice& value) {
    Result<Reservation> reservation = table->Reserve(sequence, 1, user_key.size() + value.size());
    ASSERT_TRUE(reservation.ok()) << reservation.status().ToString();
    table->Add(&*reservation, sequence, kind, user_key, value);
  }
  static void Put(MemTable* table, Sequence sequence, const Slice& user_key, const Slice& value) {
    Write(table, sequence, Kind::kValue, user_key, value);
  }

  BoundedSource source_;
};

TEST_F(MemTableTest, ASnapshotSeesWhatWasThereThen) {
  const auto table = NewTable();
  Put(table.get(), 10, "k", "old");
  Write(table.get(), 20, Kind::kDelete, "k", "");
  Put(table.get(), 30, "k", "new");
  EXPECT_EQ(table->Get("k", 9).outcome, Outcome::kAbsent);
  EXPECT_EQ(table->Get("k", 10).value, Slice("old"));
  EXPECT_EQ(table->Get("k", 19).sequence, 10u);
  EXPECT_EQ(table->Get("k", 20).outcome, Outcome::kDeleted);
  EXPECT_EQ(table->Get("k", 29).sequence, 20u);
  EXPECT_EQ(table->Get("k", base::kSequenceMax).value, Slice("new"));
  EXPECT_EQ(table->Get("j", base::kSequenceMax).outcome, Outcome::kAbsent);
  EXPECT_EQ(table->Get("kk", base::kSequenceMax).outcome, Outcome::kAbsent);
  EXPECT_EQ(table->Get("", base::kSequenceMax).outcome, Outcome::kAbsent);
}

TEST_F(MemTableTest, LimitsFitAndEmptiesCount) {
  const auto table = NewTable();
  const std::string long_key(base::kKeyBytesMax, '\xff');
  const std::string long_value(base::kValueBytesMax, 'v');
  Put(table.get(), 1, Slice(nullptr, 0), Slice(nullptr, 0));
  Put(table.get(), 2, long_key, long_value);
  Put(table.get(), 3, Slice("\0", 1), "zero");
  EXPECT_EQ(table->Get(Slice(nullptr, 0), 9).outcome, Outcome::kValue);
  EXPECT_EQ(table->Get("", 9).value.size(), 0u);
  EXPECT_EQ(table->Get(long_key, 9).value, Slice(long_value));
  EXPECT_EQ(table->Get(Slice("\0", 1), 9).value, Slice("zero"));
}

TEST_F(MemTableTest, AgreesWithAMapAtEverySnapshot) {
  for (uint64_t seed = 0; seed < 20 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    base::Prng prng(seed);
    const auto table = NewTable();
    // Per key the value, or none for a deletion, by descending sequence.
    std::map<std::string, std::map<Sequence, std::optional<std::string>, std::greater<>>> model;
    Sequence sequence = 1;
    uint64_t deletions = 0;
    for (int commit = 0; commit < 200; ++commit) {
      const uint64_t records = 1 + prng.Uniform(8);
      Result<Reservation> reservation = table->Reserve(sequence, records, records * 80);
      ASSERT_TRUE(reservation.ok());
      for (uint64_t i = 0; i < records; ++i, ++sequence) {
        const std::string user_key =
            (prng.OneIn(2) ? "prefix-of-eight" : "") +
            std::string(prng.Uniform(3), static_cast<char>(prng.Uniform(4)));
        const bool is_delete = prng.OneIn(4);
        const std::string value(is_delete ? 0 : prng.Uniform(60), static_cast<char>(sequence));
        table->Add(&*reservation, sequence, is_delete ? Kind::kDelete : Kind::kValue, user_key,
                   value);
        model[user_key][sequence] = is_delete ? std::nullopt : std::make_optional(value);
        deletions += is_delete ? 1 : 0;
      }
    }
    EXPECT_EQ(table->EntryCount(), sequence - 1);
    EXPECT_EQ(table->DeletionCount(), deletions);
    EXPECT_EQ(table->FirstSequence(), 1u);
    EXPECT_EQ(table->LastSequence(), sequence - 1);
    for (const auto& [user_key, versions] : model) {
      for (Sequence snapshot = 0; snapshot <= sequence; snapshot += 1 + prng.Uniform(20)) {
        const Lookup lookup = table->Get(user_key, snapshot);
        const auto newest = versions.lower_bound(snapshot);
        if (newest == versions.end()) {
          ASSERT_EQ(lookup.outcome, Outcome::kAbsent);
          continue;
        }
        ASSERT_EQ(lookup.sequence, newest->first);
        ASSERT_EQ(lookup.outcome, newest->second ? Outcome::kValue : Outcome::kDeleted);
        if (newest->second) {
          ASSERT_EQ(lookup.value, Slice(*newest->second));
        }
      }
    }
    const auto iterator = table->NewIterator();
    iterator->SeekToFirst();
    for (const auto& [user_key, versions] : model) {
      for (const auto& [version, value] : versions) {
        ASSERT_TRUE(iterator->Valid());
        const Kind kind = value ? Kind::kValue : Kind::kDelete;
        ASSERT_EQ(iterator->key().ToString(), InternalKey(user_key, key::MakeTag(version, kind)));
        ASSERT_EQ(iterator->value(), Slice(value.value_or("")));
        iterator->Next();
      }
    }
    EXPECT_FALSE(iterator->Valid());
  }
}

TEST_F(MemTableTest, IteratorsGoBothWaysAndSeek) {
  const auto table = NewTable();
  for (Sequence i = 0; i < 100; ++i) {
    Put(table.get(), i + 1, std::string("k") + static_cast<char>('A' + i / 2), "v");
  }
  std::vector<std::unique_ptr<key::InternalIterator>> runs;
  table->AppendIterators(&runs);
  ASSERT_EQ(runs.size(), 1u);
  key::InternalIterator* const it = runs.front().get();
  EXPECT_FALSE(it->Valid());
  std::vector<std::string> forward;
  for (it->SeekToFirst(); it->Valid(); it->Next()) forward.push_back(it->key().ToString());
  ASSERT_EQ(forward.size(), 100u);
  std::vector<std::string> backward;
  for (it->SeekToLast(); it->Valid(); it->Prev()) backward.push_back(it->key().ToString());
  EXPECT_EQ(backward, std::vector<std::string>(forward.rbegin(), forward.rend()));
  for (size_t i = 0; i < forward.size(); ++i) {
    it->Seek(forward[i]);
    EXPECT_EQ(it->key().ToString(), forward[i]);
    it->SeekForPrev(forward[i]);
    EXPECT_EQ(it->key().ToString(), forward[i]);
  }
  it->Seek(InternalKey("kB", key::SeekTag(base::kSequenceMax)));
  EXPECT_EQ(it->key().ToString(), forward[2]);
  it->SeekForPrev(InternalKey("kB", key::SeekTag(base::kSequenceMax)));
  EXPECT_EQ(it->key().ToString(), forward[1]);
  it->SeekForPrev(InternalKey("a", 0));
  EXPECT_FALSE(it->Valid());
  it->Seek(InternalKey("z", 0));
  EXPECT_FALSE(it->Valid());
  EXPECT_TRUE(it->status().ok());
}

TEST_F(MemTableTest, AnIteratorStaysWhereItIsWhileOthersAdd) {
  const auto table = NewTable();
  Put(table.get(), 1, "b", "1");
  Put(table.get(), 2, "d", "2");
  const auto it = table->NewIterator();
  it->Seek(InternalKey("b", key::SeekTag(9)));
  const Slice key = it->key();
  const Slice value = it->value();
  for (Sequence i = 3; i < 3000; ++i) Put(table.get(), i, "c" + std::to_string(i), "more");
  EXPECT_EQ(it->key().data(), key.data());
  EXPECT_EQ(value, Slice("1"));
  it->Next();
  EXPECT_EQ(key::UserKey(it->key()), Slice("c10"));
  it->Prev();
  EXPECT_EQ(key::UserKey(it->key()), Slice("b"));
}

TEST_F(MemTableTest, WhatWasReservedCanBeAddedWhenTheSourceIsEmpty) {
  const auto table = NewTable();
  Put(table.get(), 1, "first", "");
  constexpr uint64_t kRecords = 20'000;
  base::Prng prng(14);
  std::vector<std::pair<std::string, std::string>> records;
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < kRecords; ++i) {
    records.emplace_back(std::to_string(prng.Next()), std::string(prng.Uniform(40), 'v'));
    bytes += records.back().first.size() + records.back().second.size();
  }
  Result<Reservation> reservation = table->Reserve(2, kRecords, bytes);
  ASSERT_TRUE(reservation.ok());
  source_.Close();
  const uint64_t held = table->MemoryBytes();
  for (uint64_t i = 0; i < kRecords; ++i) {
    table->Add(&*reservation, 2 + i, Kind::kValue, records[i].first, records[i].second);
  }
  EXPECT_EQ(table->MemoryBytes(), held);
  for (uint64_t i = 0; i < kRecords; ++i) {
    ASSERT_EQ(table->Get(records[i].first, kRecords + 2).value, Slice(records[i].second));
  }
  // The next commit is refused as a whole, and what is there stays readable.
  const Result<Reservation> refused = table->Reserve(kRecords + 2, 100'000, 100'000'000);
  EXPECT_TRUE(refused.status().IsOutOfMemory()) << refused.status().ToString();
  EXPECT_EQ(table->LastSequence(), kRecords + 1);
  EXPECT_EQ(table->Get("first", 1).outcome, Outcome::kValue);
  EXPECT_TRUE(table->Reserve(kRecords + 2, 1, UINT64_MAX).status().IsOutOfMemory());
}

TEST_F(MemTableTest, MemoryIsCountedAndGoesBack) {
  auto table = NewTable();
  EXPECT_EQ(table->MemoryBytes(), 0u);
  EXPECT_EQ(table->FirstSequence(), 0u);
  EXPECT_EQ(table->LastSequence(), 0u);
  Put(table.get(), 1, "k", "v");
  EXPECT_EQ(table->MemoryBytes(), 64u << 10);
  EXPECT_GT(table->UsedBytes(), 0u);
  EXPECT_LE(table->UsedBytes(), 16u + 12 * 8 + 16);
  constexpr uint64_t kRecords = 20'000;
  for (Sequence i = 2; i <= kRecords; ++i)
    Put(table.get(), i, std::to_string(i), std::string(100, 'v'));
  EXPECT_EQ(table->MemoryBytes(), source_.out());
  EXPECT_LE(table->UsedBytes(), table->MemoryBytes());
  // 16 fixed bytes, 4/3 links of 8, the tag, key and value.
  EXPECT_LE(table->UsedBytes(), kRecords * (16 + 11 + 8 + 5 + 100 + 7));
  Lookup lookup = table->Get("20000", kRecords);
  EXPECT_EQ(lookup.value.size(), 100u);
  table.reset();
  EXPECT_EQ(source_.out(), 0u);
}

TEST_F(MemTableTest, AnUnusedReservationLeavesNothingBehind) {
  const auto table = NewTable();
  { const Result<Reservation> reservation = table->Reserve(1, 10, 1000); }
  EXPECT_EQ(table->UsedBytes(), 0u);
  EXPECT_EQ(table->EntryCount(), 0u);
  Result<Reservation> from = table->Reserve(11, 2, 100);
  ASSERT_TRUE(from.ok());
  table->Add(&*from, 11, Kind::kValue, "a", "1");
  Reservation to = *std::move(from);
  table->Add(&to, 12, Kind::kDelete, "b", "");
  EXPECT_EQ(table->EntryCount(), 0u);  // counted when it ends
  to = Reservation();
  EXPECT_EQ(table->EntryCount(), 2u);
  EXPECT_EQ(table->DeletionCount(), 1u);
}

TEST_F(MemTableTest, SequencesBeyondTheLastAreRefused) {
  const auto table = NewTable();
  EXPECT_TRUE(table->Reserve(base::kSequenceMax, 1, 10).ok());
  EXPECT_TRUE(table->Reserve(base::kSequenceMax, 2, 10).status().IsInvalidArgument());
  EXPECT_TRUE(table->Reserve(base::kSequenceMax + 1, 1, 10).status().IsInvalidArgument());
  EXPECT_TRUE(table->Reserve(UINT64_MAX, 1, 10).status().IsInvalidArgument());
  EXPECT_TRUE(table->Reserve(1, UINT64_MAX, 10).status().IsInvalidArgument());
}

TEST_F(MemTableTest, AfterSealingEarlierReservationsStillAdd) {
  const auto table = NewTable();
  Result<Reservation> reservation = table->Reserve(1, 1, 10);
  ASSERT_TRUE(reservation.ok());
  EXPECT_FALSE(table->sealed());
  table->Seal();
  EXPECT_TRUE(table->sealed());
  table->Add(&*reservation, 1, Kind::kValue, "k", "v");
  EXPECT_EQ(table->Get("k", 1).value, Slice("v"));
}

// Writers commit batches of their own sequences; readers check that each value fits its key and
// that what a writer has finished is there.
void WriteAndReadTogether(MemTable* table, uint64_t writers, uint64_t commits) {
  std::vector<std::atomic<uint64_t>> done(writers);
  std::vector<base::Thread> threads(writers + 2);
  for (uint64_t w = 0; w < writers; ++w) {
    const auto body = [table, &done, w, writers, commits] {
      for (uint64_t c = 0; c < commits; ++c) {
        const Sequence first = 1 + (c * writers + w) * 2;
        const std::string user_key = "key" + std::to_string(c) + "/" + std::to_string(w);
        Result<Reservation> reservation = table->Reserve(first, 2, 200);
        ASSERT_TRUE(reservation.ok());
        table->Add(&*reservation, first, Kind::kValue, user_key, user_key + "=1");
        table->Add(&*reservation, first + 1, Kind::kValue, user_key, user_key + "=2");
        done[w].store(c + 1, std::memory_order_release);
      }
    };
    ASSERT_TRUE(base::Thread::Start("writer", body, &threads[w]).ok());
  }
  const auto get = [table, &done, writers, commits] {
    base::Prng prng(15);
    for (uint64_t i = 0; i < commits; ++i) {
      const uint64_t w = prng.Uniform(writers);
      const uint64_t finished = done[w].load(std::memory_order_acquire);
      base::SchedPoint();
      if (finished == 0) continue;
      const std::string user_key =
          "key" + std::to_string(prng.Uniform(finished)) + "/" + std::to_string(w);
      ASSERT_EQ(table->Get(user_key, base::kSequenceMax).value, Slice(user_key + "=2"));
    }
  };
  const auto scan = [table, commits] {
    const auto it = table->NewIterator();
    for (uint64_t i = 0; i < 1 + commits / 100; ++i) {
      std::string last;
      for (it->SeekToFirst(); it->Valid(); it->Next()) {
        base::SchedPoint();
        const std::string user_key = key::UserKey(it->key()).ToString();
        ASSERT_LE(last, user_key);
        ASSERT_TRUE(it->value().StartsWith(user_key));
        last = user_key;
      }
      last = "~";  // behind every key, those added since included
      for (it->SeekToLast(); it->Valid(); it->Prev()) {
        const std::string user_key = key::UserKey(it->key()).ToString();
        ASSERT_GE(last, user_key);
        last = user_key;
      }
    }
  };
  ASSERT_TRUE(base::Thread::Start("getter", get, &threads[writers]).ok());
  ASSERT_TRUE(base::Thread::Start("scanner", scan, &threads[writers + 1]).ok());
  for (base::Thread& thread : threads) thread.Join();
  EXPECT_EQ(table->EntryCount(), writers * commits * 2);
  const auto it = table->NewIterator();
  uint64_t count = 0;
  for (it->SeekToFirst(); it->Valid(); it->Next()) ++count;
  EXPECT_EQ(count, writers * commits * 2);
}

TEST_F(MemTableTest, RealThreadsWriteAndRead) {
  const auto table = NewTable();
  WriteAndReadTogether(table.get(), 3, 1000);
}

TEST_F(MemTableTest, SimulatedThreadsWriteAndRead) {
  for (uint64_t seed = 0; seed < 100 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const auto report = base::SimScheduler::Run(seed, [this] {
      const auto table = NewTable();
      WriteAndReadTogether(table.get(), 2, 6);
    });
    EXPECT_FALSE(report.deadlock) << report.deadlock_text;
  }
  EXPECT_EQ(source_.out(), 0u);
}

}  // namespace
}  // namespace treering::memtable
