// Many threads read one table through a cache that is far too small for it.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/prng.h"
#include "engine/base/thread.h"
#include "engine/io/drivers.h"
#include "engine/table/table_iterator.h"
#include "engine/table/table_testing.h"

namespace treering::table {
namespace {

class OwnSource final : public ReadSource {
 public:
  explicit OwnSource(io::Disk* disk) : queue_(std::move(disk->NewQueue(16).value())) {}
  io::Queue* ForCall() override { return queue_.get(); }
  io::Queue* ForReadAhead() override { return queue_.get(); }

 private:
  const std::unique_ptr<io::Queue> queue_;
};

TEST(TableThreads, GetsAndIteratorsWhileFramesAreEvicted) {
  constexpr int kThreads = 4;
  std::unique_ptr<io::Disk> owned_disk = io::OpenPosixDisk({.arena_bytes_max = 64ull << 20});
  io::Disk* const disk = owned_disk.get();
  TableWorld world(std::move(owned_disk), ::testing::TempDir() + "/table_threads", 4ull << 20);
  Entries entries;
  for (int i = 0; i < 40'000; ++i) {
    entries.emplace_back(InternalKey("key" + std::to_string(100'000 + i), 1 + i),
                         std::string(200, static_cast<char>('a' + i % 26)));
  }
  const Result<TableInfo> info = world.Build(1, entries);
  ASSERT_TRUE(info.ok()) << info.status().ToString();
  Result<std::shared_ptr<Table>> table = world.Open(*info);
  ASSERT_TRUE(table.ok());

  std::atomic<int> wrong{0};
  std::vector<base::Thread> threads(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    const auto body = [&, t] {
      OwnSource source(disk);
      base::Prng prng(100 + t);
      for (int i = 0; i < 1500; ++i) {
        const size_t at = prng.Uniform(entries.size());
        const auto& [key, value] = entries[at];
        const Result<std::string> found =
            world.Get(table->get(), key::UserKey(key).ToString(), 1'000'000, source.ForCall());
        if (!found.ok() || *found != value) wrong.fetch_add(1);
        if (i % 100 != 0) continue;
        const auto it = NewTableIterator(*table, &source);
        it->Seek(key);
        for (size_t step = at; step < at + 200 && step < entries.size(); ++step) {
          if (!it->Valid() || it->value() != Slice(entries[step].second)) {
            wrong.fetch_add(1);
            break;
          }
          it->Next();
        }
      }
    };
    ASSERT_TRUE(base::Thread::Start("table" + std::to_string(t), body, &threads[t]).ok());
  }
  for (base::Thread& thread : threads) thread.Join();
  EXPECT_EQ(wrong.load(), 0);
  EXPECT_GT(world.cache()->Stats().evictions, 0u);
}

}  // namespace
}  // namespace treering::table
