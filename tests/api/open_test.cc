// Opening, closing and destroying on the real disk, for each driver: what it promises, and what bad
// input gets.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/api/db_fixture.h"

namespace treering {
namespace {

INSTANTIATE_TEST_SUITE_P(Drivers, DbTest, ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

TEST_P(DbTest, ACloseLeavesNothingBehind) {
  Open();
  for (int round = 0; round < 5; ++round) {
    Fill(3'000, round);
    ASSERT_TRUE(db_->Flush().ok());
  }
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  const size_t tables = LiveTables();
  ASSERT_TRUE(db_->Close().ok());
  EXPECT_EQ(FileCount(".sst"), tables);
  EXPECT_LE(FileCount(".wal"), 2u) << "one in use, one prepared";
}

// What an iterator read from when the database closed.
TEST_P(DbTest, TheNextOpenDeletesWhatWasLeft) {
  Open();
  Fill(3'000, 1);
  ASSERT_TRUE(db_->Flush().ok());
  {
    const auto it = db_->NewIterator();
    it->SeekToFirst();
    Fill(3'000, 2);
    ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
    const size_t tables = LiveTables();
    ASSERT_TRUE(db_->Close().ok());
    EXPECT_GT(FileCount(".sst"), tables);
  }
  Open();
  ASSERT_TRUE(db_->Close().ok());
  Open();
  EXPECT_EQ(FileCount(".sst"), LiveTables());
  ExpectModel();
}

TEST_P(DbTest, HandlesOutliveTheDatabase) {
  Open();
  Fill(2'000, 1);
  auto it = db_->NewIterator();
  auto snapshot = db_->GetSnapshot();
  it->SeekToFirst();
  ASSERT_TRUE(it->Valid());
  ASSERT_TRUE(db_->Close().ok());
  it->Next();
  EXPECT_FALSE(it->Valid());
  EXPECT_TRUE(it->status().IsAborted());
  EXPECT_TRUE(db_->Put("a", "b").IsAborted());
  PinnedValue value;
  EXPECT_TRUE(db_->Get("a", &value).IsAborted());
  EXPECT_TRUE(db_->Flush().IsAborted());
  EXPECT_TRUE(db_->Close().ok());
  db_.reset();
  Open();  // the directory is free although handles live
  ASSERT_TRUE(db_->Put("a", "b").ok());
}

TEST_P(DbTest, ASecondOpenIsBusy) {
  Open();
  const auto second = DB::Open(options_, path_);
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(second.status().IsBusy()) << second.status().ToString();
  std::filesystem::create_symlink(path_, dir_.File("link"));
  const auto by_link = DB::Open(options_, dir_.File("link"));
  ASSERT_FALSE(by_link.ok());
  EXPECT_TRUE(DB::Destroy(path_, options_).IsBusy());
}

TEST_P(DbTest, ASecondOpenByAnotherPathIsBusy) {
  Open();
  std::filesystem::create_directory(dir_.File("beside"));
  std::filesystem::create_directory_symlink(dir_.path(), dir_.File("beside/parent"));
  const std::string name = std::filesystem::path(path_).filename();
  for (const std::string& path :
       {dir_.File("beside/parent/") + name, dir_.File("beside/../") + name, path_ + "/",
        path_ + "/.", std::string(std::filesystem::relative(path_))}) {
    const auto second = DB::Open(options_, path);
    ASSERT_FALSE(second.ok()) << path;
    EXPECT_TRUE(second.status().IsBusy()) << path << ": " << second.status().ToString();
  }
}

TEST_P(DbTest, ASecondOpenThroughABindMountIsBusy) {
  Open();
  const std::string other = dir_.File("other");
  std::filesystem::create_directory(other);
  if (mount(path_.c_str(), other.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    GTEST_SKIP() << "no bind mount: " << std::strerror(errno);
  }
  const Status refused = DB::Open(options_, other).status();
  EXPECT_TRUE(db_->Close().ok());
  const Status opened = DB::Open(options_, other).status();
  EXPECT_EQ(umount2(other.c_str(), MNT_DETACH), 0) << std::strerror(errno);
  EXPECT_TRUE(refused.IsBusy()) << refused.ToString();
  EXPECT_TRUE(opened.ok()) << opened.ToString();
}

// A descriptor of LOCK that the engine knows nothing of: as in another process, for flock.
class OtherHolder {
 public:
  explicit OtherHolder(const std::string& path) : fd_(open((path + "/LOCK").c_str(), O_RDWR)) {
    EXPECT_GE(fd_, 0);
  }
  ~OtherHolder() { LetGo(); }
  bool Lock() { return flock(fd_, LOCK_EX | LOCK_NB) == 0; }
  void WriteHolder(int pid) {
    const std::string text = "pid " + std::to_string(pid) + ", since 1767225600\n";
    EXPECT_EQ(pwrite(fd_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  void LetGo() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

// LOCK itself is held, whatever else is: from the moment it was made until the close.
TEST_P(DbTest, LockIsHeldWhileOpen) {
  for (int round = 0; round < 2; ++round) {  // made; found
    Open();
    OtherHolder other(path_);
    EXPECT_FALSE(other.Lock());
    ASSERT_TRUE(db_->Put("a", "1").ok());
    ASSERT_TRUE(db_->Flush().ok());
    EXPECT_FALSE(other.Lock());
    ASSERT_TRUE(db_->Close().ok());
    EXPECT_TRUE(other.Lock());
  }
}

// Its holder is there, so nothing is waited for but what a process takes to end.
TEST_P(DbTest, ALockedDatabaseNamesItsHolder) {
  Open();
  ASSERT_TRUE(db_->Close().ok());
  OtherHolder other(path_);
  ASSERT_TRUE(other.Lock());
  const auto before = std::chrono::steady_clock::now();
  const auto refused = DB::Open(options_, path_);
  const auto waited = std::chrono::steady_clock::now() - before;
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.status().IsBusy());
  EXPECT_NE(refused.status().message().find("pid " + std::to_string(getpid())),
            std::string_view::npos)
      << refused.status().ToString();
  EXPECT_GE(waited, std::chrono::milliseconds(200));
  EXPECT_LT(waited, std::chrono::seconds(5));
}

TEST_P(DbTest, TheLockOfAProcessThatIsGoneIsWaitedFor) {
  Open();
  ASSERT_TRUE(db_->Close().ok());
  OtherHolder other(path_);
  ASSERT_TRUE(other.Lock());
  other.WriteHolder(INT_MAX);  // more than any process has
  const auto before = std::chrono::steady_clock::now();
  std::thread lands([&] {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    other.LetGo();
  });
  const auto opened = DB::Open(options_, path_);
  const auto waited = std::chrono::steady_clock::now() - before;
  lands.join();
  EXPECT_TRUE(opened.ok()) << opened.status().ToString();
  EXPECT_GE(waited, std::chrono::seconds(1));
}

TEST_P(DbTest, AMissingDatabaseIsNotMadeUnasked) {
  options_.create_if_missing = false;
  const auto missing = DB::Open(options_, path_);
  ASSERT_FALSE(missing.ok());
  EXPECT_TRUE(missing.status().IsNotFound());
  EXPECT_NE(missing.status().message().find(path_), std::string_view::npos);
  EXPECT_FALSE(std::filesystem::exists(path_));
  options_.create_if_missing = true;
  Open();
  db_.reset();
  options_.error_if_exists = true;
  EXPECT_TRUE(DB::Open(options_, path_).status().IsInvalidArgument());
}

TEST_P(DbTest, ForeignDirectoriesAreRefusedByName) {
  const auto refused_with = [&](const std::vector<std::string>& files, const std::string& words) {
    const std::string path = dir_.File("foreign");
    std::filesystem::create_directory(path);
    for (const std::string& file : files) std::ofstream(path + "/" + file) << "MANIFEST-000001\n";
    const auto opened = DB::Open(options_, path);
    ASSERT_FALSE(opened.ok());
    EXPECT_TRUE(opened.status().IsInvalidArgument()) << opened.status().ToString();
    EXPECT_NE(opened.status().message().find(words), std::string_view::npos)
        << opened.status().ToString();
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path)) count += entry.exists();
    EXPECT_EQ(count, files.size());
    std::filesystem::remove_all(path);
  };
  refused_with({"CURRENT", "MANIFEST-000001", "000005.ldb", "LOCK", "LOG"}, "LevelDB");
  refused_with({"CURRENT", "MANIFEST-000001", "OPTIONS-000007", "IDENTITY", "000009.sst"},
               "RocksDB");
  refused_with({"letter.txt"}, "letter.txt");
}

TEST_P(DbTest, AnotherComparatorIsRefused) {
  class Backwards final : public Comparator {
   public:
    std::string_view Name() const override { return "test.backwards"; }
    int Compare(const Slice& a, const Slice& b) const override { return b.Compare(a); }
  };
  static const Backwards backwards;
  options_.comparator = &backwards;
  Open();
  for (const char* key : {"a", "c", "b"}) ASSERT_TRUE(db_->Put(key, key).ok());
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  EXPECT_EQ(Walk(true), "c=c b=b a=a ");
  EXPECT_EQ(Get("b"), "b");
  db_.reset();
  options_.comparator = BytewiseComparator();
  const auto refused = DB::Open(options_, path_);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.status().IsInvalidArgument()) << refused.status().ToString();
  EXPECT_NE(refused.status().message().find("test.backwards"), std::string_view::npos);
}

TEST_P(DbTest, AReadOnlyViewIsFixedAndWritesNothing) {
  Open();
  Fill(1'000, 1);
  ASSERT_TRUE(db_->Flush().ok());
  ASSERT_TRUE(db_->Put("in the log", "yes").ok());
  Options view_options = options_;
  view_options.read_only = true;
  view_options.create_if_missing = false;
  auto view = DB::Open(view_options, path_);
  ASSERT_TRUE(view.ok()) << view.status().ToString();
  ASSERT_TRUE(db_->Put("after", "no").ok());
  PinnedValue value;
  EXPECT_TRUE((*view)->Get("in the log", &value).ok());
  EXPECT_TRUE((*view)->Get("after", &value).IsNotFound());
  EXPECT_TRUE((*view)->Put("a", "b").IsReadOnly());
  EXPECT_TRUE((*view)->Flush().IsReadOnly());
  // The writer replaces every table; the view still reads its own.
  Fill(1'000, 2);
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  ASSERT_TRUE((*view)->Get("key5", &value).ok());
  EXPECT_EQ(value.ToString().substr(0, 2), "1:");
}

TEST_P(DbTest, LogModes) {
  for (const LogMode mode : {LogMode::kWrite, LogMode::kTail}) {
    options_.log = mode;
    Open();
    ASSERT_TRUE(db_->Put("mode", std::to_string(static_cast<int>(mode))).ok());
    ASSERT_TRUE(db_->Close().ok());
    Open();
    EXPECT_EQ(Get("mode"), std::to_string(static_cast<int>(mode)));
  }
  options_.log = LogMode::kOff;
  options_.durability = Durability::kMemory;
  Open();
  EXPECT_TRUE(db_->Put("a", "b", WriteOptions{Durability::kDisk}).IsInvalidArgument());
  ASSERT_TRUE(db_->Put("a", "kept by the flush at close").ok());
  ASSERT_TRUE(db_->Close().ok());
  Open();
  EXPECT_EQ(Get("a"), "kept by the flush at close");
}

TEST_P(DbTest, DestroyRemovesOurFilesOnly) {
  Open();
  ASSERT_TRUE(db_->Put("a", "b").ok());
  db_.reset();
  std::ofstream(path_ + "/notes.txt") << "mine";
  ASSERT_TRUE(DB::Destroy(path_, options_).ok());
  EXPECT_TRUE(std::filesystem::exists(path_ + "/notes.txt"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/CURRENT"));
  std::filesystem::remove(path_ + "/notes.txt");
  Open();
  EXPECT_EQ(Get("a"), "NotFound");
  db_.reset();
  ASSERT_TRUE(DB::Destroy(path_, options_).ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(DB::Destroy(path_, options_).ok());
}

TEST_P(DbTest, FilesAreTheOwnersAlone) {
  Open();
  Fill(100, 1);
  ASSERT_TRUE(db_->Flush().ok());
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path_).permissions(), perms::owner_all);
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    EXPECT_EQ(entry.status().permissions(), perms::owner_read | perms::owner_write) << entry.path();
  }
}

TEST_P(DbTest, EveryCallAfterCloseAnswersAborted) {
  Open();
  ASSERT_TRUE(db_->Put("a", "1").ok());
  ASSERT_TRUE(db_->Close().ok());
  PinnedValue value;
  EXPECT_TRUE(db_->Get("a", &value).IsAborted());
  const std::vector<Slice> keys = {"a", "b"};
  std::vector<PinnedValue> values(2);
  std::vector<Status> statuses(2);
  db_->MultiGet(keys, values, statuses);
  for (const Status& status : statuses) EXPECT_TRUE(status.IsAborted());
  const auto it = db_->NewIterator();
  it->SeekToFirst();
  EXPECT_FALSE(it->Valid());
  EXPECT_TRUE(it->status().IsAborted());
  EXPECT_TRUE(db_->CompactRange(nullptr, nullptr).IsAborted());
  EXPECT_TRUE(db_->WaitForCompaction().IsAborted());
  EXPECT_TRUE(db_->Verify().status().IsAborted());
  const Range range[] = {{"a", "b"}};
  EXPECT_TRUE(db_->ApproximateSizes(range).status().IsAborted());
  EXPECT_TRUE(db_->Delete("a").IsAborted());
  std::string text;
  EXPECT_FALSE(db_->GetProperty("treering.stats", &text));
  // A snapshot is had, and what reads with it answers.
  const auto snapshot = db_->GetSnapshot();
  ASSERT_NE(snapshot, nullptr);
  ReadOptions options;
  options.snapshot = snapshot.get();
  EXPECT_TRUE(db_->Get("a", &value, options).IsAborted());
}

// The next open's parts may lie where the last one's lay.
TEST_P(DbTest, ASnapshotOfAnEarlierOpenIsRefused) {
  Open();
  ASSERT_TRUE(db_->Put("a", "1").ok());
  const auto stale = db_->GetSnapshot();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(db_->Put("a", std::to_string(i)).ok());
    Open();
    ASSERT_EQ(Get("a", stale.get()), "InvalidArgument");
    ReadOptions options;
    options.snapshot = stale.get();
    EXPECT_TRUE(db_->NewIterator(options)->status().IsInvalidArgument());
  }
}

TEST_P(DbTest, PathsThatCannotBe) {
  const auto opened = [&](const std::string& path) { return DB::Open(options_, path).status(); };
  std::ofstream(dir_.File("file")) << "not a directory";
  Status status = opened(dir_.File("file"));
  EXPECT_TRUE(status.IsInvalidArgument()) << status.ToString();
  EXPECT_NE(status.message().find(dir_.File("file")), std::string_view::npos) << status.ToString();

  status = opened(dir_.File("no/such/db"));
  EXPECT_TRUE(status.IsNotFound()) << status.ToString();
  EXPECT_NE(status.message().find("parent"), std::string_view::npos) << status.ToString();
  EXPECT_EQ(status.message().find("create_if_missing"), std::string_view::npos)
      << status.ToString();

  status = opened("");
  EXPECT_FALSE(status.ok());
}

// The text names the file, where in it, what was expected and what was found.
TEST_P(DbTest, DamageIsNamed) {
  Open();
  Fill(2'000, 1);
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  db_.reset();
  std::string table;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    if (entry.path().extension() == ".sst") table = entry.path();
  }
  ASSERT_FALSE(table.empty());
  std::fstream(table, std::ios::in | std::ios::out).seekp(4096 + 100) << "damage";
  Open();
  Status found;
  for (const auto& [key, expected] : model_) {
    PinnedValue value;
    const Status status = db_->Get(key, &value);
    if (status.ok()) {
      ASSERT_EQ(value.ToString(), expected);
    } else {
      found = status;
    }
  }
  ASSERT_TRUE(found.IsCorruption()) << found.ToString();
  for (const std::string& words :
       {table, std::string("offset 4096"), std::string("expected "), std::string("found ")}) {
    EXPECT_NE(found.message().find(words), std::string_view::npos)
        << "'" << words << "' in " << found.ToString();
  }
  const auto report = db_->Verify();
  ASSERT_TRUE(report.ok());
  ASSERT_FALSE(report->problems.empty());
  EXPECT_NE(report->problems.front().message().find(table), std::string_view::npos);
}

// A view opened again and again, while a writer flushes and compacts, is never called damaged.
TEST_P(DbTest, ViewsBesideABusyWriter) {
  Open();
  ASSERT_TRUE(db_->Put("round", "0").ok());
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int round = 1; round <= 150; ++round) {
      EXPECT_TRUE(db_->Put("round", std::to_string(round)).ok());
      EXPECT_TRUE(db_->Put("other" + std::to_string(round), std::string(1'000, 'o')).ok());
      EXPECT_TRUE(db_->Flush().ok());
      if (round % 3 == 0) {
        EXPECT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
      }
    }
    done = true;
  });
  Options view_options = options_;
  view_options.read_only = true;
  view_options.create_if_missing = false;
  int views = 0;
  int last = 0;
  while (!done) {
    const auto view = DB::Open(view_options, path_);
    EXPECT_TRUE(view.ok() || view.status().IsAborted()) << view.status().ToString();
    if (!view.ok()) continue;
    ++views;
    PinnedValue value;
    const Status status = (*view)->Get("round", &value);
    EXPECT_TRUE(status.ok()) << status.ToString();
    if (!status.ok()) break;
    const int round = std::stoi(value.ToString());
    EXPECT_GE(round, last);
    last = round;
  }
  writer.join();
  std::printf("%d views beside the writer\n", views);
  const auto view = DB::Open(view_options, path_);
  ASSERT_TRUE(view.ok()) << view.status().ToString();
  PinnedValue value;
  ASSERT_TRUE((*view)->Get("round", &value).ok());
  EXPECT_EQ(value.ToString(), "150");
}

}  // namespace
}  // namespace treering
