#include "engine/wal/recovery.h"

#include <gtest/gtest.h>

#include "engine/base/thread.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_testing.h"
#include "engine/wal/log_testing.h"
#include "engine/wal/tail_format.h"
#include "engine/wal/tail_reader.h"

namespace treering::wal {
namespace {

constexpr auto kProcess = Durability::kProcess;
constexpr auto kDisk = Durability::kDisk;
constexpr char kSegment[] = "/db/000001.wal";
constexpr char kTail[] = "/db/TAIL";

class RecoveryTest : public ::testing::Test {
 protected:
  // A database that was left without a close: six groups in the log, two in the tail.
  RecoveryTest() {
    LogBench bench(&disk_, &manifest_, &history_);
    EXPECT_TRUE(bench.Create().ok());
    for (int i = 0; i < 6; ++i) EXPECT_TRUE(bench.Commit(100, kDisk).ok());
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(bench.Commit(100, kProcess).ok());
  }
  Result<Recovered> Recover(bool read_only = false) {
    LogBench bench(&disk_, &manifest_, &history_);
    return bench.Recover(read_only);
  }
  std::string Groups(bool read_only = false) {
    const Result<Recovered> found = Recover(read_only);
    if (!found.ok()) return found.status().ToString();
    return std::to_string(found->result.groups_from_log) + " from the log, " +
           std::to_string(found->result.groups_from_tail) + " from the tail";
  }

  io::SimStorage storage_;
  io::SimDisk disk_{&storage_};
  TestManifest manifest_;
  TestHistory history_;
};

TEST_F(RecoveryTest, JoinsLogAndTail) { EXPECT_EQ(Groups(), "6 from the log, 2 from the tail"); }

TEST_F(RecoveryTest, WritesNothing) {
  const std::unique_ptr<io::SimStorage> before = storage_.Clone();
  EXPECT_EQ(Groups(), Groups());
  EXPECT_EQ(storage_.DifferenceFrom(*before), "");
}

TEST_F(RecoveryTest, TellsWhatItCutAndWhatIsFree) {
  storage_.FlipBit(kSegment, 5 * 4096 * 8 + 700);
  const Result<Recovered> found = Recover();
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  // The last group of the log is gone: the tail still has it.
  EXPECT_EQ(found->result.groups_from_log, 5u);
  EXPECT_EQ(found->result.groups_from_tail, 3u);
  EXPECT_EQ(found->result.last_sequence, history_.issued);
  EXPECT_EQ(found->result.bytes_cut, 4096u);
  EXPECT_EQ(found->result.promise, 5u);
  EXPECT_EQ(found->result.next_lsn, 6u);
  ASSERT_EQ(found->result.unused_segments.size(), 1u);
  EXPECT_EQ(found->result.unused_segments[0].number, 2u);
}

TEST_F(RecoveryTest, DamageBelowAPromiseRefusesToOpen) {
  storage_.FlipBit(kSegment, 2 * 4096 * 8 + 700);
  const std::string found = Groups();
  EXPECT_NE(found.find("Corruption: damaged log: /db/000001.wal offset 8192 (log block 3): sum"),
            std::string::npos)
      << found;
  EXPECT_EQ(Groups(/*read_only=*/true), found);
}

TEST_F(RecoveryTest, ReadErrorsAreNoTornEnd) {
  for (const char* name : {"000001.wal", "TAIL"}) {
    storage_.faults()->Clear();
    storage_.faults()->Add(
        {.action = io::Action::kRead, .name = name, .sticky = true, .error = EIO});
    EXPECT_TRUE(Recover().status().IsIoError());
  }
}

TEST_F(RecoveryTest, MissingFilesAreNamed) {
  const std::string tail = storage_.ReadFile(kTail);
  storage_.RemoveFile(kTail);
  EXPECT_EQ(Groups(), "Corruption: /db/TAIL: the manifest names a mapped tail, and it is missing");
  storage_.PutFile(kTail, tail);
  storage_.RemoveFile(kSegment);
  EXPECT_TRUE(Recover().status().IsCorruption());
  EXPECT_TRUE(Recover(/*read_only=*/true).status().IsAborted());
}

TEST_F(RecoveryTest, ATailThatIsCutShortIsNamed) {
  storage_.ResizeFile(kTail, 8192);
  EXPECT_EQ(Groups(), "Corruption: /db/TAIL: tail is truncated: expected 69632 bytes, found 8192");
}

// The one before the last is lost: what follows it cannot be taken without it.
TEST_F(RecoveryTest, ATailRecordBehindAGapIsNotTaken) {
  const std::string tail = storage_.ReadFile(kTail);
  const auto records =
      ReadTailRecords(std::as_bytes(std::span(tail)), kTail,
                      {manifest_.database_id, manifest_.generation, manifest_.tail_capacity});
  ASSERT_TRUE(records.ok()) << records.status().ToString();
  ASSERT_GE(records->size(), 2u);
  const uint64_t position = (*records)[records->size() - 2].position;
  storage_.FlipBit(kTail, 8 * (kTailHeaderPageBytes + position + 3));
  EXPECT_EQ(Groups(), "6 from the log, 0 from the tail");
}

TEST_F(RecoveryTest, WaitsForTheLocksOfADeadProcess) {
  storage_.HoldLock(kSegment, 20'000'000);
  storage_.HoldLock(kTail, 30'000'000);
  EXPECT_EQ(Groups(), "6 from the log, 2 from the tail");
}

TEST_F(RecoveryTest, ALiveOwnerIsBusyAndAReaderOnlyLooks) {
  LogBench owner(&disk_, &manifest_, &history_);
  ASSERT_TRUE(owner.Reopen().ok());
  ASSERT_TRUE(owner.Commit(100, kDisk).ok());
  ASSERT_TRUE(owner.Commit(100, kProcess).ok());
  EXPECT_EQ(Groups(/*read_only=*/true), "1 from the log, 1 from the tail");
}

TEST_F(RecoveryTest, OtherGenerationsDoNotCount) {
  manifest_.generation = 2;
  EXPECT_EQ(Groups(), "0 from the log, 0 from the tail");
}

TEST_F(RecoveryTest, AnImpossibleTailIsRefused) {
  manifest_.tail_capacity = 1 << 30;
  EXPECT_TRUE(Recover().status().IsCorruption());
}

TEST_F(RecoveryTest, TheVisitorsErrorComesBack) {
  storage_.PutFile("/other", "");
  LogBench bench(&disk_, &manifest_, &history_);
  ASSERT_TRUE(bench.Recover().ok());
  RecoveryOptions options;
  options.database_id = manifest_.database_id;
  options.generation = manifest_.generation;
  options.segments = manifest_.segments;
  options.tail_capacity = manifest_.tail_capacity;
  options.buffers = bench.buffers();
  options.clock = base::SystemClock();
  for (const int limit : {0, 3, 7}) {
    int calls = 0;
    const Result<RecoveryResult> found = RecoverLog(
        bench.directory(), bench.queue(), options, [&](const GroupHeader&, const Slice&) {
          return calls++ == limit ? Status::OutOfMemory("full") : Status::Ok();
        });
    EXPECT_TRUE(found.status().IsOutOfMemory());
  }
}

// One bit of what is read is wrong, and right when it is read again: as a block that a writer is
// just about to write.
TEST_F(RecoveryTest, OnlyAReaderWithoutLocksLooksTwice) {
  int corruptions = 0;
  for (int round = 0; round < 60; ++round) {
    for (const bool read_only : {false, true}) {
      storage_.faults()->Clear();
      storage_.faults()->Add({.action = io::Action::kRead,
                              .name = "000001.wal",
                              .effect = io::SimFaultEffect::kFlipBit});
      const Result<Recovered> found = Recover(read_only);
      if (!read_only && !found.ok()) {
        EXPECT_TRUE(found.status().IsCorruption());
        ++corruptions;
        continue;
      }
      ASSERT_TRUE(found.ok()) << found.status().ToString();
      EXPECT_EQ(found->result.last_sequence, history_.issued);
    }
  }
  EXPECT_GT(corruptions, 0);
}

// A reader beside a writer that never stops: what it sees is a prefix, with everything that was
// acknowledged before it began. The writer goes once around the tail, and past several of the
// reader's pieces, while the reader reads.
TEST(ReadOnlyView, IsAPrefixBesideALiveWriter) {
  int views = 0;
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    io::SimStorage storage({.seed = seed});
    TestManifest manifest;
    TestHistory history;
    io::RunSim(seed, [&] {
      io::SimDisk disk(&storage);
      LogBench writer(&disk, &manifest, &history, {.segment_bytes = 8 << 20});
      ASSERT_TRUE(writer.Create().ok());
      bool done = false;
      base::Thread thread;
      const auto write = [&] {
        for (int i = 0; i < 110; ++i) {
          const Status status =
              i % 3 == 0 ? writer.Commit(90'000, kDisk) : writer.Commit(16'000, kProcess);
          ASSERT_TRUE(status.ok()) << status.ToString();
        }
        done = true;
      };
      ASSERT_TRUE(base::Thread::Start("writer", write, &thread).ok());
      while (!done) {
        TestManifest copy = manifest;
        TestHistory seen = history;
        LogBench reader(&disk, &copy, &seen);
        const Result<Recovered> found = reader.Recover(/*read_only=*/true);
        ASSERT_TRUE(found.ok()) << found.status().ToString();
        EXPECT_GE(found->result.last_sequence, seen.acked_process);
        EXPECT_LE(found->result.last_sequence, history.issued + 3);
        ++views;
      }
      thread.Join();
    });
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(views, 20);
}

}  // namespace
}  // namespace treering::wal
