// Which state and which answer an error leads to (docs/durability.md, "After an error"), and what
// the database does by itself while nothing is wrong.
#include <gtest/gtest.h>

#include <utility>

#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/io/sim_testing.h"
#include "tests/support/oracle.h"
#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

using io::Action;
using io::SimFault;

constexpr uint64_t kSecond = 1'000'000'000;

SimFault Fault(Action action, const char* name, int error, bool sticky = true) {
  SimFault fault;
  fault.action = action;
  fault.name = name;
  fault.error = error;
  fault.sticky = sticky;
  return fault;
}

class States {
 public:
  explicit States(Options options = SimDb::SmallOptions()) {
    EXPECT_TRUE(db.Open(&storage, std::move(options)).ok());
  }
  Status Put(const std::string& key, size_t bytes, Durability durability) {
    return WriteNoted(db.db.get(), &oracle, &storage, {{key, std::string(bytes, 'v')}}, durability);
  }
  Status Sync() { return db->Write(WriteBatch(), WriteOptions{Durability::kDisk}); }
  size_t FilesNamed(const std::string& ending) const {
    size_t count = 0;
    for (const std::string& path : storage.ListFiles()) count += path.ends_with(ending) ? 1 : 0;
    return count;
  }
  // Opens again without faults: what was acknowledged, at least at kProcess, is there.
  void Reopen() {
    storage.faults()->Clear();
    storage.SetQuota(UINT64_MAX);
    (void)db.Close();
    const Status opened = db.Open(&storage, SimDb::SmallOptions());
    ASSERT_TRUE(opened.ok()) << opened.ToString();
    Content content;
    const Status read = ReadAll(db.db.get(), &content);
    ASSERT_TRUE(read.ok()) << read.ToString();
    ASSERT_EQ(oracle.CheckAndSettle(content, oracle.RequiredAfterKill()), "");
    ASSERT_TRUE(db.Close().ok());
  }

  io::SimStorage storage;
  Oracle oracle;
  SimDb db;
};

TEST(StatesTest, AnEmptyBatchAsksWhatEveryWriteAsks) {
  io::RunSim(1, [] {
    States s;
    ASSERT_TRUE(s.Put("a", 10, Durability::kProcess).ok());
    ASSERT_TRUE(s.Sync().ok());
    ASSERT_TRUE(s.db->Close().ok());
    for (const auto durability : {Durability::kMemory, Durability::kProcess, Durability::kDisk}) {
      EXPECT_TRUE(s.db->Write(WriteBatch(), WriteOptions{durability}).IsAborted());
    }
  });
}

TEST(StatesTest, AFailedSyncOfAnEmptyBatchMakesReadOnly) {
  io::RunSim(1, [] {
    States s;
    ASSERT_TRUE(s.Put("a", 10, Durability::kProcess).ok());
    s.storage.faults()->Add(Fault(Action::kSync, "*.wal", EIO));
    EXPECT_TRUE(s.Sync().IsIoError());
    EXPECT_EQ(s.db->state(), DbState::kReadOnly);
    EXPECT_TRUE(s.db->Write(WriteBatch(), WriteOptions{Durability::kMemory}).IsReadOnly());
    s.Reopen();
  });
}

// A full disk is met before a group is in the log; inside it, it is as final as any other error.
// No call is under way when the log thread's write fails.
TEST(StatesTest, AnErrorThatOnlyTheLogThreadMeetsMakesReadOnly) {
  io::RunSim(1, [] {
    States s;
    ASSERT_TRUE(s.Put("a", 10, Durability::kProcess).ok());
    s.storage.faults()->Add(Fault(Action::kWrite, "*.wal", EIO));
    base::SleepNanos(5 * kSecond);
    EXPECT_EQ(s.db->state(), DbState::kReadOnly);
    EXPECT_TRUE(s.Put("b", 10, Durability::kProcess).IsReadOnly());
    s.Reopen();
  });
}

TEST(StatesTest, NoRoomInsideTheLogIsFinal) {
  io::RunSim(1, [] {
    States s;
    s.storage.faults()->Add(Fault(Action::kWrite, "*.wal", ENOSPC));
    EXPECT_FALSE(s.Put("a", 10, Durability::kDisk).ok());
    EXPECT_EQ(s.db->state(), DbState::kReadOnly);
    EXPECT_TRUE(s.Put("b", 10, Durability::kProcess).IsReadOnly());
    s.Reopen();
  });
  io::RunSim(1, [] {  // met by a writer that waits for room in the tail
    States s;
    s.storage.faults()->Add(Fault(Action::kWrite, "*.wal", ENOSPC));
    Status status;
    for (int i = 0; i < 100 && status.ok(); ++i) {
      status = s.Put("key" + std::to_string(i), 5'000, Durability::kProcess);
    }
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(s.db->state(), DbState::kReadOnly);
    s.Reopen();
  });
  io::RunSim(1, [] {  // met by the log thread
    States s;
    s.storage.faults()->Add(Fault(Action::kWrite, "*.wal", ENOSPC));
    ASSERT_TRUE(s.Put("a", 10, Durability::kProcess).ok());
    base::SleepNanos(5 * kSecond);
    EXPECT_EQ(s.db->state(), DbState::kReadOnly);
    s.Reopen();
  });
}

TEST(StatesTest, ABrokenInvariantFails) {
  io::RunSim(1, [] {
    States s;
    s.storage.faults()->Add(Fault(Action::kWrite, "*.wal", EBADF));
    EXPECT_FALSE(s.Put("a", 10, Durability::kDisk).ok());
    EXPECT_EQ(s.db->state(), DbState::kFailed);
    PinnedValue value;
    EXPECT_TRUE(s.db->Get("a", &value).IsFailed());
    s.Reopen();
  });
  io::RunSim(1, [] {  // of the manifest
    States s;
    ASSERT_TRUE(s.Put("a", 10, Durability::kProcess).ok());
    s.storage.faults()->Add(Fault(Action::kWrite, "MANIFEST-*", EBADF));
    EXPECT_FALSE(s.db->Flush().ok());
    EXPECT_EQ(s.db->state(), DbState::kFailed);
    s.Reopen();
  });
}

TEST(StatesTest, AFlushThatFailsIsNotAFullDisk) {
  io::RunSim(1, [] {
    States s;
    ASSERT_TRUE(s.Put("a", 10, Durability::kProcess).ok());
    s.storage.faults()->Add(Fault(Action::kWrite, "*.sst", EIO));
    EXPECT_FALSE(s.db->Flush().ok());
    EXPECT_EQ(s.db->state(), DbState::kDegraded);
    const Status refused = s.Put("b", 10, Durability::kProcess);
    EXPECT_TRUE(refused.IsIoError()) << refused.ToString();
    s.oracle.Refuse(s.oracle.count() - 1);
    s.storage.faults()->Clear();
    base::SleepNanos(5 * kSecond);
    EXPECT_TRUE(s.Put("c", 10, Durability::kProcess).ok());
    EXPECT_EQ(s.db->state(), DbState::kHealthy);
    s.Reopen();
  });
}

// The edit of a compaction is durable, the answer is an error, and there is no room for a fresh
// manifest: neither its outputs nor, after the next open, its inputs may be gone.
TEST(StatesTest, ACompactionOfUnknownOutcomeLosesNothing) {
  for (const auto effect : {io::SimFaultEffect::kSyncIsDurable, io::SimFaultEffect::kSyncLosesData,
                            io::SimFaultEffect::kSyncKeepsData}) {
    io::RunSim(1, [effect] {
      Options options = SimDb::SmallOptions();
      options.disable_auto_compactions = true;
      States s(options);
      for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(s.Put("key" + std::to_string(i), 3'000, Durability::kDisk).ok());
        ASSERT_TRUE(s.db->Flush().ok());
      }
      base::SleepNanos(kSecond);
      SimFault sync = Fault(Action::kSync, "MANIFEST-*", EIO, /*sticky=*/false);
      sync.effect = effect;
      s.storage.faults()->Add(sync);
      s.storage.faults()->Add(Fault(Action::kAllocate, "MANIFEST-*", ENOSPC));
      const Status compacted = s.db->CompactRange(nullptr, nullptr);
      EXPECT_FALSE(compacted.ok());
      EXPECT_FALSE(compacted.IsNoSpace()) << compacted.ToString();
      EXPECT_EQ(s.db->state(), DbState::kReadOnly);
      s.Reopen();
    });
  }
}

TEST(StatesTest, ACurrentThatCannotBeWrittenLosesNothing) {
  io::RunSim(1, [] {
    States s;
    const size_t current = s.storage.faults()->Add(Fault(Action::kWrite, "CURRENT*", ENOSPC));
    Status status;
    for (int i = 0; i < 200 && status.ok(); ++i) {
      status = s.Put("key" + std::to_string(i), 2'000, Durability::kProcess);
      if (status.ok()) status = s.db->Flush();
    }
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(s.storage.faults()->Hits(current), 1u);
    EXPECT_EQ(s.db->state(), DbState::kReadOnly);
    s.Reopen();
  });
}

TEST(StatesTest, AMissingTableIsNamedAndNothingIsDeleted) {
  io::RunSim(1, [] {
    States s;
    ASSERT_TRUE(s.Put("a", 10, Durability::kProcess).ok());
    ASSERT_TRUE(s.db->Flush().ok());
    ASSERT_TRUE(s.db.Close().ok());
    std::string table;
    for (const std::string& path : s.storage.ListFiles()) {
      if (path.ends_with(".sst")) table = path;
    }
    s.storage.RemoveFile(table);
    const auto before = s.storage.Clone();
    const Status opened = s.db.Open(&s.storage, SimDb::SmallOptions());
    EXPECT_TRUE(opened.IsCorruption()) << opened.ToString();
    EXPECT_NE(opened.message().find(table), std::string_view::npos) << opened.ToString();
    for (const std::string& path : before->ListFiles()) EXPECT_TRUE(s.storage.Exists(path)) << path;
  });
}

// --- LOCK ---

// Its holder is dead (in simulation every other process is): what it had under way lands within
// seconds, or somebody else keeps the lock.
TEST(LockOfADeadProcess, IsWaitedFor) {
  for (const uint64_t held : {3 * kSecond, 60 * kSecond}) {
    io::RunSim(1, [held] {
      States s;
      ASSERT_TRUE(s.Put("a", 10, Durability::kDisk).ok());
      ASSERT_TRUE(s.db.Close().ok());
      s.storage.HoldLock("/db/LOCK", held);
      const uint64_t before = base::SystemClock()->NowNanos();
      const Status opened = s.db.Open(&s.storage, SimDb::SmallOptions());
      const uint64_t waited = base::SystemClock()->NowNanos() - before;
      if (held > 10 * kSecond) {
        EXPECT_TRUE(opened.IsBusy()) << opened.ToString();
        EXPECT_NE(opened.message().find("pid 1, since "), std::string_view::npos)
            << opened.ToString();
        EXPECT_GE(waited, 10 * kSecond);
        EXPECT_LT(waited, 11 * kSecond);
        base::SleepNanos(held - waited);
      } else {
        EXPECT_TRUE(opened.ok()) << opened.ToString();
        EXPECT_GE(waited, held);
        EXPECT_LT(waited, held + kSecond);
      }
      s.Reopen();
    });
  }
}

// --- Files that a failure leaves ---

TEST(StatesTest, AFailedOpenLeavesNoTable) {
  for (const auto& fault :
       {Fault(Action::kAllocate, "MANIFEST-*", ENOSPC),
        Fault(Action::kCreate, "MANIFEST-*", EMFILE), Fault(Action::kSync, "*.sst", EIO)}) {
    io::RunSim(1, [&fault] {
      Options options = SimDb::SmallOptions();
      options.memtable_bytes = 4 << 20;
      States s(options);
      for (int i = 0; i < 40; ++i) {
        ASSERT_TRUE(s.Put("key" + std::to_string(i), 5'000, Durability::kProcess).ok());
      }
      s.storage.CrashNow();
      (void)s.db.Close();
      s.storage.Restart(io::CrashKind::kProcessDeath, {}, 1);
      const auto before = s.storage.ListFiles();
      for (int attempt = 0; attempt < 3; ++attempt) {
        s.storage.faults()->Add(fault);
        EXPECT_FALSE(s.db.Open(&s.storage, SimDb::SmallOptions()).ok());
        s.storage.faults()->Clear();
        EXPECT_EQ(s.storage.ListFiles(), before);
      }
      s.Reopen();
    });
  }
}

TEST(StatesTest, AManifestWithoutRoomLeavesNoTableBehind) {
  io::RunSim(1, [] {
    Options options = SimDb::SmallOptions();
    options.disable_auto_compactions = true;
    States s(options);
    s.storage.faults()->Add(Fault(Action::kAllocate, "MANIFEST-*", ENOSPC));
    Status status;
    size_t flushed = 0;
    for (; status.ok(); ++flushed) {
      ASSERT_LT(flushed, 200u);
      status = s.Put("key" + std::to_string(flushed), 100, Durability::kProcess);
      if (status.ok()) status = s.db->Flush();
    }
    EXPECT_TRUE(status.IsNoSpace()) << status.ToString();
    base::SleepNanos(5 * kSecond);  // several retries
    EXPECT_EQ(s.FilesNamed(".sst"), flushed - 1);
    EXPECT_LE(s.FilesNamed(".wal"), 2u);
    s.storage.faults()->Clear();
    base::SleepNanos(5 * kSecond);
    EXPECT_EQ(s.db->state(), DbState::kHealthy);
    EXPECT_TRUE(s.db->Flush().ok());
    s.Reopen();
  });
}

// --- Promise blocks: docs/format/log.md ---

size_t PromiseBlocks(const io::SimStorage& storage) {
  size_t count = 0;
  for (const std::string& path : storage.ListFiles()) {
    if (!path.ends_with(".wal")) continue;
    const std::string bytes = storage.ReadFile(path);
    for (size_t at = 0; at + 4096 <= bytes.size(); at += 4096) {
      if (bytes.compare(at + 8, 4, "TRLB") == 0 && (bytes[at + 14] & 4) != 0) ++count;
    }
  }
  return count;
}

constexpr uint64_t kLessThanIdle = 100'000'000;

// Nobody but the close itself can vouch for the flush that it makes.
TEST(StatesTest, ACloseWithoutALogEndsWithAPromise) {
  io::RunSim(1, [] {
    Options options = SimDb::SmallOptions();
    options.log = LogMode::kOff;
    options.durability = Durability::kMemory;
    States s(options);
    ASSERT_TRUE(s.Put("a", 10, Durability::kMemory).ok());
    ASSERT_TRUE(s.db.Close().ok());
    std::string manifest;  // the newest: names come in order
    for (const std::string& path : s.storage.ListFiles()) {
      if (path.find("/MANIFEST-") != std::string::npos) manifest = s.storage.ReadFile(path);
    }
    size_t last = 0;
    for (size_t at = 0; at + 4096 <= manifest.size(); at += 4096) {
      if (manifest.compare(at + 8, 4, "TRLB") == 0) last = at;
    }
    EXPECT_EQ(manifest[last + 14] & 4, 4);
  });
}

TEST(StatesTest, AFlushIsFollowedByAPromise) {
  io::RunSim(1, [] {
    States s;
    base::SleepNanos(2 * kSecond);
    ASSERT_EQ(PromiseBlocks(s.storage), 0u);
    ASSERT_TRUE(s.Put("a", 10, Durability::kDisk).ok());
    ASSERT_TRUE(s.db->Flush().ok());
    base::SleepNanos(kLessThanIdle);
    EXPECT_EQ(PromiseBlocks(s.storage), 1u);
  });
}

TEST(StatesTest, DurableWritesAreVouchedForWhenIdle) {
  io::RunSim(1, [] {
    States s;
    base::SleepNanos(3 * kSecond);
    for (size_t round = 1; round < 4; ++round) {
      ASSERT_TRUE(s.Put("a", 10, Durability::kDisk).ok());
      base::SleepNanos(3 * kSecond);
      EXPECT_EQ(PromiseBlocks(s.storage), round);
    }
  });
}

TEST(StatesTest, AUsedUpSegmentIsVouchedFor) {
  io::RunSim(1, [] {
    Options options = SimDb::SmallOptions();
    options.memtable_bytes = 4 << 20;  // no flush
    States s(options);
    for (int i = 0; i < 60; ++i) {  // never idle; the first segment has 16 blocks
      ASSERT_TRUE(s.Put("key" + std::to_string(i), 2'000, Durability::kDisk).ok());
      base::SleepNanos(50'000'000);
    }
    EXPECT_GE(PromiseBlocks(s.storage), 1u);
  });
}

}  // namespace
}  // namespace treering::testing
