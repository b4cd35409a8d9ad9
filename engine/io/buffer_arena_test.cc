#include "engine/io/buffer_arena.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "engine/base/thread.h"

namespace treering::io {
namespace {

constexpr uint64_t kMiB = 1ull << 20;
constexpr size_t kSlab = BufferArena::kSlabBytes;

BufferArena::Options Small(uint64_t bytes_max) {
  return {.bytes_max = bytes_max, .huge_pages = false, .announce = {}};
}

TEST(BufferArenaTest, GrowsByDoublingAndAnnouncesFirst) {
  std::vector<uint64_t> announced;
  BufferArena::Options options = Small(16 * kMiB);
  options.announce = [&](int index, const BufferArena::Chunk& chunk) {
    EXPECT_EQ(static_cast<size_t>(index), announced.size());
    announced.push_back(chunk.bytes / kMiB);
    chunk.base[chunk.bytes - 1] = std::byte{1};  // usable already
  };
  BufferArena arena(options);
  EXPECT_EQ(arena.mapped_bytes(), 0u);
  std::vector<std::byte*> slabs;
  while (std::byte* const slab = arena.AllocateSlab()) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(slab) % kSlab, 0u);
    std::memset(slab, 1, kSlab);
    slabs.push_back(slab);
  }
  EXPECT_EQ(slabs.size(), 8u);
  EXPECT_EQ(announced, (std::vector<uint64_t>{2, 4, 8, 2}));
  EXPECT_EQ(arena.mapped_bytes(), 16 * kMiB);
  EXPECT_EQ(arena.allocated_bytes(), 16 * kMiB);
  EXPECT_EQ(std::set<std::byte*>(slabs.begin(), slabs.end()).size(), slabs.size());
  for (std::byte* slab : slabs) arena.FreeSlab(slab);
  EXPECT_EQ(arena.allocated_bytes(), 0u);
  EXPECT_EQ(arena.mapped_bytes(), 16 * kMiB);  // kept for the next use
}

TEST(BufferArenaTest, FreedSlabsComeBackBeforeTheArenaGrows) {
  BufferArena arena(Small(8 * kMiB));
  std::byte* const first = arena.AllocateSlab();
  arena.FreeSlab(first);
  EXPECT_EQ(arena.AllocateSlab(), first);
  EXPECT_EQ(arena.chunk_count(), 1);
  arena.FreeSlab(first);
}

TEST(BufferArenaTest, KnowsTheChunkOfEveryByte) {
  BufferArena arena(Small(6 * kMiB));
  ASSERT_TRUE(arena.GrowTo(6 * kMiB));
  ASSERT_EQ(arena.chunk_count(), 2);
  const std::byte* const start = arena.chunk(0).base;
  EXPECT_EQ(arena.chunk(1).base, start + 2 * kMiB);
  EXPECT_EQ(arena.ChunkIndexOf(start, 1), 0);
  EXPECT_EQ(arena.ChunkIndexOf(start, 2 * kMiB), 0);
  EXPECT_EQ(arena.ChunkIndexOf(start, 2 * kMiB + 1), -1);  // crosses into the next
  EXPECT_EQ(arena.ChunkIndexOf(start + 2 * kMiB - 1, 1), 0);
  EXPECT_EQ(arena.ChunkIndexOf(start + 2 * kMiB, 4 * kMiB), 1);
  EXPECT_EQ(arena.ChunkIndexOf(start + 2 * kMiB, 4 * kMiB + 1), -1);
  EXPECT_EQ(arena.ChunkIndexOf(start + 6 * kMiB, 1), -1);
  EXPECT_EQ(arena.ChunkIndexOf(start - 1, 1), -1);
  EXPECT_EQ(arena.ChunkIndexOf(start, 0), -1);
  EXPECT_EQ(arena.ChunkIndexOf(start + 1, SIZE_MAX), -1);
  int on_stack = 0;
  EXPECT_EQ(arena.ChunkIndexOf(&on_stack, sizeof on_stack), -1);
}

TEST(BufferArenaTest, RefusesBeyondItsBytesAndRoundsThemDown) {
  BufferArena none(Small(0));
  EXPECT_EQ(none.AllocateSlab(), nullptr);
  EXPECT_EQ(none.ChunkIndexOf(&none, 1), -1);
  BufferArena one(Small(4 * kMiB - 1));
  std::byte* const slab = one.AllocateSlab();
  ASSERT_NE(slab, nullptr);
  EXPECT_EQ(one.AllocateSlab(), nullptr);
  one.FreeSlab(slab);
}

// The kernel's flags of the mapping that `at` lies in: "rd wr mr ...".
std::string MappingFlags(const void* at) {
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    uint64_t begin = 0;
    uint64_t end = 0;
    if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " ", &begin, &end) == 2) {
      const auto address = reinterpret_cast<uintptr_t>(at);
      inside = begin <= address && address < end;
    } else if (inside && line.starts_with("VmFlags:")) {
      return line;
    }
  }
  return "";
}

TEST(BufferArenaTest, ChildrenAndCoreFilesDoNotGetTheMemory) {
  BufferArena arena(Small(2 * kMiB));
  std::byte* const slab = arena.AllocateSlab();
  ASSERT_NE(slab, nullptr);
  const std::string flags = MappingFlags(slab);
  EXPECT_NE(flags.find(" dc"), std::string::npos) << flags;  // do not copy at fork
  EXPECT_NE(flags.find(" dd"), std::string::npos) << flags;  // do not dump
  arena.FreeSlab(slab);
}

TEST(BufferArenaTest, ThreadsNeverGetTheSameSlab) {
  BufferArena arena(Small(32 * kMiB));
  constexpr int kThreads = 4;
  std::vector<base::Thread> threads(kThreads);
  std::atomic<int> overlaps{0};
  for (int t = 0; t < kThreads; ++t) {
    const Status started = base::Thread::Start(
        "arena",
        [&, t] {
          for (int i = 0; i < 50; ++i) {
            std::byte* const slab = arena.AllocateSlab();
            if (slab == nullptr) continue;
            *slab = static_cast<std::byte>(t);
            base::SpinPause();
            if (*slab != static_cast<std::byte>(t)) overlaps.fetch_add(1);
            arena.FreeSlab(slab);
          }
        },
        &threads[static_cast<size_t>(t)]);
    ASSERT_TRUE(started.ok());
  }
  for (base::Thread& thread : threads) thread.Join();
  EXPECT_EQ(overlaps.load(), 0);
  EXPECT_EQ(arena.allocated_bytes(), 0u);
}

}  // namespace
}  // namespace treering::io
