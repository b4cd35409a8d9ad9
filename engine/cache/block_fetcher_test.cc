#include "engine/cache/block_fetcher.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/epoch.h"
#include "engine/base/thread.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "engine/io/sim_testing.h"

namespace treering::cache {
namespace {

constexpr size_t kPage = 4096;
constexpr uint64_t kFilePages = 64;

class LimitedBudget final : public base::Budget {
 public:
  bool Charge(base::MemoryClass, uint64_t bytes, base::Need need) override {
    if (need != base::Need::kMust && used_ + bytes > limit) return false;
    used_ += bytes;
    return true;
  }
  void Release(base::MemoryClass, uint64_t bytes) override { used_ -= bytes; }
  std::atomic<uint64_t> limit{UINT64_MAX};

 private:
  std::atomic<uint64_t> used_{0};
};

// Page n of the file is filled with the byte n.
Status VerifyPages(const void*, const BlockRequest& request, std::span<const std::byte> bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto expected = static_cast<std::byte>(request.id.page + i / kPage);
    if (bytes[i] == expected) continue;
    return Status::Corruption(request.file->path() + ": byte " + std::to_string(i) + " is wrong");
  }
  return Status();
}

// The world of one test: a file on a simulated disk, a cache, a fetcher.
class World {
 public:
  explicit World(uint64_t cache_bytes = 8u << 20)
      : cache({cache_bytes}, disk.arena(), &budget, &epochs) {
    std::string content;
    for (uint64_t page = 0; page < kFilePages; ++page) {
      content.append(kPage, static_cast<char>(page));
    }
    storage->PutFile("/db/000001.sst", content);
    directory = std::move(disk.OpenDirectory("/db", false)).value();
    file = std::move(directory->Open("000001.sst", {})).value();
    file_id = cache.NewFileId();
    queue = NewQueue();
  }

  std::unique_ptr<io::Queue> NewQueue() { return std::move(disk.NewQueue(32)).value(); }
  BlockRequest Block(uint64_t page, uint32_t pages = 1) {
    BlockRequest request;
    request.id = {file_id, page};
    request.file = file.get();
    request.pages = pages;
    request.verify = &VerifyPages;
    return request;
  }
  Result<BlockRef> Read(const BlockRequest& request) {
    return fetcher.ReadOne(queue.get(), request);
  }
  bool IsIn(uint64_t page) {
    base::EpochDomain::Guard guard(&epochs);
    return cache.Find({file_id, page}) != nullptr;
  }
  static io::SimFault ReadFault(io::SimFaultEffect effect, uint64_t nth, bool sticky) {
    io::SimFault fault;
    fault.action = io::Action::kRead;
    fault.effect = effect;
    fault.nth = nth;
    fault.sticky = sticky;
    return fault;
  }

  std::unique_ptr<io::SimStorage> storage = std::make_unique<io::SimStorage>();
  io::SimDisk disk{storage.get()};
  LimitedBudget budget;
  base::EpochDomain epochs;
  io::BufferPool buffers{disk.arena(), &budget};
  PageCache cache;
  BlockFetcher fetcher{&cache, &buffers};
  std::unique_ptr<io::Directory> directory;
  std::unique_ptr<io::File> file;
  std::unique_ptr<io::Queue> queue;
  uint64_t file_id = 0;
};

TEST(BlockFetcherTest, ABlockIsReadOnce) {
  World world;
  SwizzleSlot slot{nullptr};
  BlockRequest request = world.Block(5);
  request.slot = &slot;
  {
    Result<BlockRef> block = world.Read(request);
    ASSERT_TRUE(block.ok()) << block.status().ToString();
    EXPECT_EQ(block->size(), kPage);
    EXPECT_EQ(block->data()[17], std::byte{5});
    EXPECT_EQ(slot.load(), block->frame());
  }
  EXPECT_TRUE(world.IsIn(5));
  EXPECT_TRUE(world.Read(request).ok());
  EXPECT_EQ(world.fetcher.Stats().reads, 1u);
  world.cache.ForgetSlot(&slot);
}

TEST(BlockFetcherTest, ABlockFoundWithoutASlotTakesTheRequests) {
  World world;
  ASSERT_TRUE(world.Read(world.Block(5)).ok());
  SwizzleSlot slot{nullptr};
  BlockRequest request = world.Block(5);
  request.slot = &slot;
  Result<BlockRef> block = world.Read(request);
  EXPECT_EQ(slot.load(), block->frame());
  world.cache.ForgetSlot(&slot);
}

TEST(BlockFetcherTest, ThreePagesComeInAFrameOfFour) {
  World world;
  Result<BlockRef> block = world.Read(world.Block(7, 3));
  ASSERT_TRUE(block.ok());
  EXPECT_EQ(block->size(), 3 * kPage);
  EXPECT_EQ(PageCache::Pages(block->frame()), 4u);
  EXPECT_EQ(block->data()[2 * kPage], std::byte{9});
  EXPECT_EQ(block->data()[3 * kPage], std::byte{0});
}

TEST(BlockFetcherTest, ALargeBlockComesInABuffer) {
  World world;
  Result<BlockRef> block = world.Read(world.Block(10, 20));
  ASSERT_TRUE(block.ok());
  EXPECT_EQ(block->frame(), nullptr);
  EXPECT_EQ(block->size(), 20 * kPage);
  EXPECT_EQ(block->data()[20 * kPage - 1], std::byte{29});
  EXPECT_FALSE(world.IsIn(10));
}

TEST(BlockFetcherTest, AReadThatIsNotToFillTheCacheDoesNot) {
  World world;
  BlockRequest request = world.Block(3);
  request.fill_cache = false;
  EXPECT_TRUE(world.Read(request).ok());
  EXPECT_FALSE(world.IsIn(3));
}

TEST(BlockFetcherTest, OneErrorIsForgivenTwoAreNot) {
  World world;
  world.storage->faults()->Add(World::ReadFault(io::SimFaultEffect::kError, 1, false));
  EXPECT_TRUE(world.Read(world.Block(1)).ok());
  EXPECT_EQ(world.fetcher.Stats().retried_errors, 1u);
  world.storage->faults()->Add(World::ReadFault(io::SimFaultEffect::kError, 1, true));
  const Status status = world.Read(world.Block(2)).status();
  EXPECT_TRUE(status.IsIoError()) << status.ToString();
  EXPECT_NE(status.message().find("000001.sst"), std::string::npos);
  EXPECT_FALSE(world.IsIn(2));
}

TEST(BlockFetcherTest, AFlippedBitIsReadAgainThenIsCorruption) {
  World world;
  world.storage->faults()->Add(World::ReadFault(io::SimFaultEffect::kFlipBit, 1, false));
  EXPECT_TRUE(world.Read(world.Block(1)).ok());
  EXPECT_EQ(world.fetcher.Stats().retried_contents, 1u);
  world.storage->faults()->Add(World::ReadFault(io::SimFaultEffect::kFlipBit, 1, true));
  const Status status = world.Read(world.Block(2)).status();
  EXPECT_TRUE(status.IsCorruption()) << status.ToString();
  EXPECT_FALSE(world.IsIn(2));
}

TEST(BlockFetcherTest, ATruncatedFileIsCorruption) {
  World world;
  const Status status = world.Read(world.Block(kFilePages - 1, 2)).status();
  EXPECT_TRUE(status.IsCorruption());
  EXPECT_NE(status.message().find("expected 8192 bytes, found 4096"), std::string::npos)
      << status.ToString();
}

TEST(BlockFetcherTest, AnImpossibleHandleIsCorruption) {
  World world;
  EXPECT_TRUE(world.Read(world.Block(1, 0)).status().IsCorruption());
  EXPECT_TRUE(world.Read(world.Block(UINT64_MAX / kPage)).status().IsCorruption());
  EXPECT_TRUE(world.Read(world.Block(1, UINT32_MAX)).status().IsCorruption());
}

TEST(BlockFetcherTest, TwoLengthsAtOnePlaceAreCorruption) {
  World world;
  ASSERT_TRUE(world.Read(world.Block(4, 1)).ok());
  const Status status = world.Read(world.Block(4, 2)).status();
  EXPECT_TRUE(status.IsCorruption()) << status.ToString();
}

TEST(BlockFetcherTest, WithoutAFrameThereIsABufferAlways) {
  World world(3u << 20);  // one slab
  std::vector<Frame*> frames;
  while (Frame* const frame = world.cache.Allocate(1)) frames.push_back(frame);
  Result<BlockRef> block = world.Read(world.Block(6));
  ASSERT_TRUE(block.ok());
  EXPECT_EQ(block->frame(), nullptr);
  EXPECT_EQ(block->data()[0], std::byte{6});
  EXPECT_EQ(world.fetcher.Stats().one_off_buffers, 1u);
  world.budget.limit = 0;
  EXPECT_TRUE(world.Read(world.Block(7)).ok());
  EXPECT_TRUE(world.Read(world.Block(8, 16)).ok());
  for (Frame* const frame : frames) world.cache.Discard(frame);
}

TEST(BlockFetcherTest, ALongBlockWaitsForMemoryAndIsRefusedInTheEnd) {
  io::RunSim(13, [] {
    World world;
    world.budget.limit = 0;
    const Status refused = world.Read(world.Block(1, 17)).status();
    EXPECT_TRUE(refused.IsOutOfMemory()) << refused.ToString();
    EXPECT_NE(refused.message().find("000001.sst: block at offset 4096"), std::string_view::npos);
    PendingBlock pending;
    EXPECT_TRUE(
        world.fetcher.Start(world.queue.get(), world.Block(1, 17), &pending).IsOutOfMemory())
        << "whoever has several reads to do can do others meanwhile";
    base::Thread giver;
    ASSERT_TRUE(base::Thread::Start(
                    "giver",
                    [&world] {
                      base::SleepNanos(100'000'000);
                      world.budget.limit = UINT64_MAX;
                    },
                    &giver)
                    .ok());
    EXPECT_TRUE(world.Read(world.Block(1, 17)).ok());
    giver.Join();
  });
}

// What is in flight gives memory back; only who has nothing in flight may take more than there is.
TEST(BlockFetcherTest, ABatchsFurtherReadsAreRefusedWithoutMemory) {
  io::RunSim(13, [] {
    World world(3u << 20);
    std::vector<Frame*> frames;
    while (Frame* const frame = world.cache.Allocate(1)) frames.push_back(frame);
    world.budget.limit = 0;
    PendingBlock first;
    PendingBlock further;
    ASSERT_TRUE(world.fetcher.Start(world.queue.get(), world.Block(1), &first).ok());
    const Status refused = world.fetcher.Start(world.queue.get(), world.Block(2), &further);
    EXPECT_TRUE(refused.IsOutOfMemory()) << refused.ToString();
    io::Request* completed[1];
    ASSERT_EQ(world.queue->Wait(completed, 1, UINT64_MAX), 1u);
    ASSERT_EQ(world.fetcher.Complete(world.queue.get(), &first), BlockFetcher::Step::kDone);
    ASSERT_TRUE(world.fetcher.Start(world.queue.get(), world.Block(2), &further).ok());
    ASSERT_EQ(world.queue->Wait(completed, 1, UINT64_MAX), 1u);
    ASSERT_EQ(world.fetcher.Complete(world.queue.get(), &further), BlockFetcher::Step::kDone);
    EXPECT_EQ(further.TakeBlock().data()[0], std::byte{2});
    for (Frame* const frame : frames) world.cache.Discard(frame);
  });
}

TEST(BlockFetcherTest, ABatchComesInAnyOrderAndTriesAgain) {
  io::RunSim(11, [] {
    World world;
    world.storage->faults()->Add(World::ReadFault(io::SimFaultEffect::kError, 3, false));
    world.storage->faults()->Add(World::ReadFault(io::SimFaultEffect::kFlipBit, 5, false));
    std::vector<std::unique_ptr<PendingBlock>> pending;
    for (uint64_t page = 0; page < 10; ++page) {
      pending.push_back(std::make_unique<PendingBlock>());
      ASSERT_TRUE(
          world.fetcher.Start(world.queue.get(), world.Block(page), pending.back().get()).ok());
    }
    int done = 0;
    int again = 0;
    io::Request* completed[4];
    while (done < 10) {
      const size_t count = world.queue->Wait(completed, 1, UINT64_MAX);
      for (size_t i = 0; i < count; ++i) {
        PendingBlock* const block = PendingBlock::Of(completed[i]);
        const auto step = world.fetcher.Complete(world.queue.get(), block);
        ++(step == BlockFetcher::Step::kDone ? done : again);
      }
    }
    EXPECT_EQ(again, 2);
    for (uint64_t page = 0; page < 10; ++page) {
      EXPECT_TRUE(pending[page]->status().ok());
      const BlockRef block = pending[page]->TakeBlock();
      EXPECT_EQ(block.data()[0], static_cast<std::byte>(page));
      EXPECT_TRUE(world.IsIn(page));
    }
  });
}

// Starts `count` threads that all read page 9 at one time; their outcomes.
std::vector<Status> ReadTogether(World* world, int count) {
  std::vector<Status> outcomes(static_cast<size_t>(count));
  std::vector<base::Thread> threads(outcomes.size());
  for (size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_TRUE(base::Thread::Start(
                    "reader" + std::to_string(i),
                    [world, &outcomes, i] {
                      const auto queue = world->NewQueue();
                      Result<BlockRef> block = world->fetcher.ReadOne(queue.get(), world->Block(9));
                      outcomes[i] = block.status();
                      if (block.ok()) {
                        EXPECT_EQ(block->data()[100], std::byte{9});
                      }
                    },
                    &threads[i])
                    .ok());
  }
  for (auto& thread : threads) thread.Join();
  return outcomes;
}

TEST(BlockFetcherTest, ThreadsThatMissTogetherReadOnce) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    io::RunSim(seed, [] {
      World world;
      for (const Status& status : ReadTogether(&world, 6)) EXPECT_TRUE(status.ok());
      EXPECT_EQ(world.fetcher.Stats().reads, 1u);
      EXPECT_EQ(world.fetcher.Stats().joins, 5u);
      EXPECT_EQ(world.cache.Stats().pinned_bytes, 0u);
    });
  }
}

TEST(BlockFetcherTest, ThoseWhoJoinedShareTheError) {
  io::RunSim(3, [] {
    World world;
    world.storage->faults()->Add(World::ReadFault(io::SimFaultEffect::kError, 1, true));
    for (const Status& status : ReadTogether(&world, 4)) EXPECT_TRUE(status.IsIoError());
    EXPECT_EQ(world.fetcher.Stats().reads, 1u);
  });
}

TEST(BlockFetcherTest, WithoutAFrameThoseWhoJoinedReadForThemselves) {
  io::RunSim(4, [] {
    World world(3u << 20);
    std::vector<Frame*> frames;
    while (Frame* const frame = world.cache.Allocate(1)) frames.push_back(frame);
    for (const Status& status : ReadTogether(&world, 4)) EXPECT_TRUE(status.ok());
    EXPECT_EQ(world.fetcher.Stats().reads, 4u);
    for (Frame* const frame : frames) world.cache.Discard(frame);
  });
}

TEST(BlockFetcherTest, NobodyWaitsForAReadWhoseOwnerMayGoAway) {
  io::RunSim(5, [] {
    World world;
    PendingBlock ahead;
    ASSERT_TRUE(world.fetcher.Start(world.queue.get(), world.Block(9), &ahead).ok());
    // The owner of the read-ahead does not look at its queue: the others get on without it.
    for (const Status& status : ReadTogether(&world, 3)) EXPECT_TRUE(status.ok());
    io::Request* completed[1];
    ASSERT_EQ(world.queue->Wait(completed, 1, UINT64_MAX), 1u);
    EXPECT_EQ(world.fetcher.Complete(world.queue.get(), &ahead), BlockFetcher::Step::kDone);
    Result<BlockRef> found = world.Read(world.Block(9));
    EXPECT_EQ(ahead.TakeBlock().frame(), found->frame()) << "the first one in is kept";
  });
}

TEST(BlockFetcherTest, WhoHasRequestsInFlightJoinsNobody) {
  io::RunSim(6, [] {
    World world;
    PendingBlock ahead;
    ASSERT_TRUE(world.fetcher.Start(world.queue.get(), world.Block(1), &ahead).ok());
    base::Thread other;
    ASSERT_TRUE(base::Thread::Start(
                    "other",
                    [&world] {
                      const auto queue = world.NewQueue();
                      EXPECT_TRUE(world.fetcher.ReadOne(queue.get(), world.Block(9)).ok());
                    },
                    &other)
                    .ok());
    base::SleepNanos(1);  // the other's read is under way
    EXPECT_TRUE(world.Read(world.Block(9)).ok());
    other.Join();
    EXPECT_EQ(world.fetcher.Stats().joins, 0u);
    EXPECT_EQ(world.fetcher.Stats().reads, 3u);
    io::Request* completed[1];
    ASSERT_EQ(world.queue->Wait(completed, 1, UINT64_MAX), 1u);
    EXPECT_EQ(world.fetcher.Complete(world.queue.get(), &ahead), BlockFetcher::Step::kDone);
  });
}

TEST(BlockFetcherTest, TheSameSeedGivesTheSameTrace) {
  const auto run = [](uint64_t seed) {
    return io::RunSim(seed,
                      [] {
                        World world(3u << 20);
                        for (int round = 0; round < 5; ++round) {
                          for (const Status& status : ReadTogether(&world, 4)) {
                            EXPECT_TRUE(status.ok());
                          }
                          for (uint64_t page = 0; page < kFilePages; page += 3) {
                            EXPECT_TRUE(world.Read(world.Block(page)).ok());
                          }
                          world.cache.EvictFile(world.file_id);
                        }
                      })
        .trace_hash;
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

TEST(BlockFetcherTest, RealThreadsReadTheSameBlocks) {
  World world(3u << 20);
  std::vector<base::Thread> threads(4);
  for (size_t t = 0; t < threads.size(); ++t) {
    ASSERT_TRUE(base::Thread::Start(
                    "reader" + std::to_string(t),
                    [&world] {
                      const auto queue = world.NewQueue();
                      for (uint64_t i = 0; i < 2000; ++i) {
                        const uint64_t page = i / 20 % kFilePages;
                        Result<BlockRef> block =
                            world.fetcher.ReadOne(queue.get(), world.Block(page));
                        ASSERT_TRUE(block.ok());
                        ASSERT_EQ(block->data()[4095], static_cast<std::byte>(page));
                        if (i % 50 == 0) world.cache.EvictFile(world.file_id);
                      }
                    },
                    &threads[t])
                    .ok());
  }
  for (auto& thread : threads) thread.Join();
  EXPECT_GT(world.fetcher.Stats().reads, kFilePages);
}

}  // namespace
}  // namespace treering::cache
