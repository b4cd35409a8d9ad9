// What the conformance suite cannot see: registration, batching, kernel workers, signals.
#include "engine/io/uring_disk.h"

#include <gtest/gtest.h>
#include <sys/time.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/io/fresh_path.h"

namespace treering::io {
namespace {

constexpr uint64_t kMiB = 1ull << 20;

// Threads of this process whose name says that the kernel made them to do I/O.
int KernelWorkers() {
  int count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "comm");
    std::string name;
    std::getline(file, name);
    count += name.starts_with("iou-wrk");
  }
  return count;
}

class UringDiskTest : public testing::Test {
 protected:
  void OpenWith(UringLimits limits, uint64_t arena_bytes_max = 32 * kMiB) {
    auto disk =
        UringDisk::Open({.backend = IoBackend::kUring, .arena_bytes_max = arena_bytes_max}, limits);
    ASSERT_TRUE(disk.ok()) << disk.status().ToString();
    disk_ = std::move(*disk);
    auto queue = disk_->NewQueue(64);
    ASSERT_TRUE(queue.ok()) << queue.status().ToString();
    queue_ = std::move(*queue);
    auto directory = disk_->OpenDirectory(FreshPath("uring"), true);
    ASSERT_TRUE(directory.ok()) << directory.status().ToString();
    directory_ = std::move(*directory);
    auto file = directory_->Open("f", {.mode = OpenMode::kCreate});
    ASSERT_TRUE(file.ok()) << file.status().ToString();
    file_ = std::move(*file);
    Request allocate = Request::Allocate(file_.get(), kMiB);
    ASSERT_TRUE(queue_->Run(&allocate).ok());
  }

  ~UringDiskTest() override {
    queue_.reset();
    file_.reset();
    for (std::byte* slab : slabs_) disk_->arena()->FreeSlab(slab);
  }

  std::byte* Slab() {
    slabs_.push_back(disk_->arena()->AllocateSlab());
    EXPECT_NE(slabs_.back(), nullptr);
    return slabs_.back();
  }

  // Writes and reads one page at `data`; true when what came back is what went out.
  bool RoundTrip(std::byte* data, char fill) {
    std::memset(data, fill, 4096);
    Request write = Request::Write(file_.get(), 8192, {data, 4096});
    if (!queue_->Run(&write).ok()) return false;
    std::memset(data, '?', 4096);
    Request read = Request::Read(file_.get(), 8192, {data, 4096});
    if (!queue_->Run(&read).ok() || read.transferred != 4096) return false;
    return std::all_of(data, data + 4096, [fill](std::byte b) { return b == std::byte(fill); });
  }

  void GrowWhileTheRingLives() {
    for (int i = 0; i < 16; ++i) {
      std::byte* const slab = Slab();
      EXPECT_TRUE(RoundTrip(slab, static_cast<char>('a' + i)));
      EXPECT_TRUE(RoundTrip(slab + kMiB, static_cast<char>('A' + i)));  // anywhere inside
    }
    EXPECT_GE(disk_->arena()->chunk_count(), 4);
    EXPECT_EQ(queue_->stats().registered_ops, 64u);
    EXPECT_EQ(queue_->stats().unregistered_ops, 0u);
    const DiskFacts facts = disk_->Facts();
    EXPECT_TRUE(facts.registered_buffers) << facts.registered_reason;
    EXPECT_EQ(facts.registered_reason, "");
    EXPECT_EQ(facts.locked_bytes, disk_->arena()->mapped_bytes());
  }

  std::unique_ptr<Disk> disk_;
  std::unique_ptr<Queue> queue_;
  std::unique_ptr<Directory> directory_;
  std::unique_ptr<File> file_;
  std::vector<std::byte*> slabs_;
};

TEST_F(UringDiskTest, BuffersAreRegisteredAndStaySoWhileTheArenaGrows) {
  OpenWith({});
  GrowWhileTheRingLives();
}

TEST_F(UringDiskTest, WithoutClonesEachRingRegistersTheChunks) {
  OpenWith({.clone = false});
  GrowWhileTheRingLives();
}

TEST_F(UringDiskTest, ARingMadeLateKnowsAllChunks) {
  OpenWith({});
  ASSERT_TRUE(disk_->arena()->GrowTo(16 * kMiB));
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(RoundTrip(Slab(), 'a'));
  EXPECT_EQ(queue_->stats().registered_ops, 16u);
}

TEST_F(UringDiskTest, MemoryAcrossChunksOrElsewhereGoesUnnamed) {
  OpenWith({});
  std::byte* const first = Slab();
  std::byte* const second = Slab();
  ASSERT_EQ(second, first + 2 * kMiB);  // the end of chunk 0, the beginning of chunk 1
  std::memset(first + 2 * kMiB - 4096, 'a', 8192);
  Request write = Request::Write(file_.get(), 0, {first + 2 * kMiB - 4096, 8192});
  EXPECT_TRUE(queue_->Run(&write).ok());
  alignas(4096) static std::byte elsewhere[4096];
  EXPECT_TRUE(RoundTrip(elsewhere, 'b'));
  EXPECT_EQ(queue_->stats().registered_ops, 0u);
  EXPECT_EQ(queue_->stats().unregistered_ops, 0u);  // that is for arena memory
}

TEST_F(UringDiskTest, ARefusalThatPassesLeavesNoTrace) {
  std::atomic<int> refusals{2};  // of the ring on trial
  OpenWith({.refusals = &refusals});
  refusals = 2;  // of the next ring
  auto late = disk_->NewQueue(64);
  ASSERT_TRUE(late.ok());
  refusals = 2;  // of the first chunk
  EXPECT_TRUE(RoundTrip(Slab(), 'a'));
  EXPECT_EQ(queue_->stats().registered_ops, 2u);
  const DiskFacts facts = disk_->Facts();
  EXPECT_EQ(facts.fallback_reason, "");
  EXPECT_TRUE(facts.registered_buffers) << facts.registered_reason;
}

TEST_F(UringDiskTest, ARefusedMasterRingIsAskedForAgain) {
  std::atomic<int> refusals{0};
  BufferArena arena({.bytes_max = 2 * kMiB, .announce = {}});
  Fallbacks fallbacks({});
  refusals = 2;
  BufferRegistry registry({.refusals = &refusals}, &fallbacks);
  EXPECT_FALSE(registry.on()) << "nothing is registered yet";
  ASSERT_TRUE(arena.GrowTo(1));
  registry.Add(0, arena.chunk(0));
  EXPECT_TRUE(registry.on());
  EXPECT_EQ(fallbacks.Reason(FastPath::kRegisteredBuffers), "");
}

TEST_F(UringDiskTest, AChunkThatIsRefusedForGoodIsNamed) {
  std::atomic<int> refusals{0};
  OpenWith({.refusals = &refusals});
  refusals = 1000;
  EXPECT_TRUE(RoundTrip(Slab(), 'a'));
  EXPECT_EQ(queue_->stats().registered_ops, 0u);
  EXPECT_EQ(queue_->stats().unregistered_ops, 2u);
  const DiskFacts facts = disk_->Facts();
  EXPECT_FALSE(facts.registered_buffers);
  EXPECT_NE(facts.registered_reason.find("register buffers 2 MiB: ENOMEM"), std::string::npos)
      << facts.registered_reason;
}

TEST_F(UringDiskTest, ABatchTakesFewEnters) {
  OpenWith({});
  std::byte* const slab = Slab();
  std::vector<Request> requests;
  for (uint64_t i = 0; i < 64; ++i) {
    requests.push_back(Request::Read(file_.get(), i * 4096, {slab + i * 4096, 4096}));
  }
  const uint64_t before = queue_->stats().kernel_enters;
  for (Request& request : requests) queue_->Submit(&request);
  std::vector<Request*> out(64);
  EXPECT_EQ(queue_->Wait(out, 64, kNoTimeout), 64u);
  EXPECT_LE(queue_->stats().kernel_enters - before, 8u);
  EXPECT_GE(queue_->stats().depth_sum, 64u * 32);
}

TEST_F(UringDiskTest, NoKernelWorkersInSteadyState) {
  OpenWith({});
  std::byte* const slab = Slab();
  std::memset(slab, 'a', 2 * kMiB);
  auto opened = directory_->Open("buffered", {.mode = OpenMode::kCreate, .direct = false});
  ASSERT_TRUE(opened.ok());
  const std::unique_ptr<File> buffered = std::move(*opened);
  std::vector<Request*> out(64);
  for (uint64_t round = 0; round < 8; ++round) {
    std::vector<Request> requests;
    for (uint64_t i = 0; i < 32; ++i) {
      const uint64_t offset = (round * 32 + i) % 256 * 4096;
      requests.push_back(i % 2 == 0 ? Request::Write(file_.get(), offset, {slab + i * 4096, 4096})
                                    : Request::Read(file_.get(), offset, {slab + i * 4096, 4096}));
    }
    requests.push_back(Request::Write(buffered.get(), round * 100, {slab, 100}));
    requests.push_back(Request::Read(buffered.get(), 0, {slab + kMiB, 50}));
    requests.push_back(Request::Sync(file_.get(), file_->Completed()));
    requests.push_back(Request::Allocate(file_.get(), kMiB));
    requests.push_back(Request::Truncate(file_.get(), kMiB));
    for (Request& request : requests) queue_->Submit(&request);
    for (size_t back = 0; back < requests.size();) back += queue_->Wait(out, 1, kNoTimeout);
    for (const Request& request : requests) EXPECT_TRUE(request.ToStatus().ok());
  }
  EXPECT_EQ(KernelWorkers(), 0);
}

TEST_F(UringDiskTest, SignalsInterruptNothing) {
  OpenWith({});
  std::byte* const slab = Slab();
  struct sigaction action = {};
  action.sa_handler = [](int) {};  // and no SA_RESTART
  struct sigaction old_action = {};
  ASSERT_EQ(sigaction(SIGALRM, &action, &old_action), 0);
  const itimerval often = {.it_interval = {0, 200}, .it_value = {0, 200}};
  ASSERT_EQ(setitimer(ITIMER_REAL, &often, nullptr), 0);
  for (int i = 0; i < 300; ++i) EXPECT_TRUE(RoundTrip(slab, static_cast<char>('a' + i % 26)));
  Request* out[1];
  EXPECT_EQ(queue_->Wait(out, 1, 20'000'000), 0u);  // many signals, one end
  const itimerval never = {};
  ASSERT_EQ(setitimer(ITIMER_REAL, &never, nullptr), 0);
  ASSERT_EQ(sigaction(SIGALRM, &old_action, nullptr), 0);
}

// Last: so large an I/O takes a kernel worker, which stays for seconds.
TEST_F(UringDiskTest, ABufferOfSlabsFromEverywhereReadsAndWrites) {
  OpenWith({}, 16 * kMiB);
  BufferArena* const arena = disk_->arena();
  while (std::byte* const slab = arena->AllocateSlab()) slabs_.push_back(slab);
  ASSERT_EQ(slabs_.size(), 8u);
  std::vector<std::byte*> odd;
  for (const size_t i : {1u, 3u, 5u}) odd.push_back(slabs_[i]);
  for (std::byte* const slab : odd) {
    std::erase(slabs_, slab);
    arena->FreeSlab(slab);
  }
  std::byte* const run = arena->AllocateRun(3);  // no two of them lie side by side
  ASSERT_NE(run, nullptr);
  for (size_t i = 0; i < 3; ++i)
    std::memset(run + i * 2 * kMiB, static_cast<int>('x' + i), 2 * kMiB);
  Request write = Request::Write(file_.get(), 0, {run, 6 * kMiB});
  ASSERT_TRUE(queue_->Run(&write).ok());
  EXPECT_GT(KernelWorkers(), 0)
      << "they are called otherwise, and the tests that want none find none";
  std::memset(run, '?', 6 * kMiB);
  Request read = Request::Read(file_.get(), 0, {run, 6 * kMiB});
  ASSERT_TRUE(queue_->Run(&read).ok());
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(run[i * 2 * kMiB + 5], static_cast<std::byte>('x' + i));
  EXPECT_EQ(queue_->stats().registered_ops, 0u);
  EXPECT_TRUE(arena->FreeRun(run));
  // The pages are where the kernel knows them: registered reads are seen at the old addresses.
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(RoundTrip(Slab(), static_cast<char>('a' + i)));
  EXPECT_EQ(queue_->stats().registered_ops, 6u);
}

}  // namespace
}  // namespace treering::io
