#include "engine/wal/tail.h"

#include <gtest/gtest.h>

#include <deque>

#include "engine/base/budget_unlimited.h"
#include "engine/base/prng.h"
#include "engine/io/sim_disk.h"
#include "engine/wal/tail_format.h"
#include "engine/wal/tail_reader.h"

namespace treering::wal {
namespace {

constexpr base::Id128 kId{0x33, 0x44};
constexpr uint64_t kCapacity = kTailCapacityMin;
constexpr char kPath[] = "/db/TAIL";

class TailTest : public ::testing::Test {
 protected:
  TailTest() : disk_(&storage_), buffers_(disk_.arena(), &budget_) {
    queue_ = std::move(disk_.NewQueue(8).value());
    directory_ = std::move(disk_.OpenDirectory("/db", true).value());
  }
  Status Create(uint64_t capacity, uint64_t lock_wait_nanos = 0) {
    return CreateTailFile(directory_.get(), queue_.get(), &buffers_, base::SystemClock(), capacity,
                          lock_wait_nanos);
  }
  void Make(uint64_t capacity = kCapacity) { ASSERT_TRUE(Create(capacity).ok()); }
  void Start(uint64_t generation = 7, uint64_t capacity = kCapacity) {
    tail_.reset();
    Result<std::unique_ptr<Tail>> tail = Tail::Start(directory_.get(), kId, generation, capacity);
    ASSERT_TRUE(tail.ok()) << tail.status().ToString();
    tail_ = std::move(*tail);
  }
  uint64_t Append(key::Sequence first, const std::string& payload) {
    const std::vector<Slice> pieces = {
        Slice(payload.data(), payload.size() / 2),
        Slice(payload.data() + payload.size() / 2, payload.size() - payload.size() / 2)};
    return tail_->Append({static_cast<uint32_t>(payload.size()), first, 1}, pieces);
  }
  std::vector<TailRecord> Found(uint64_t generation = 7) {
    const std::string file = storage_.ReadFile(kPath);
    Result<std::vector<TailRecord>> records = ReadTailRecords(
        std::as_bytes(std::span<const char>(file)), kPath, {kId, generation, kCapacity});
    EXPECT_TRUE(records.ok()) << records.status().ToString();
    return records.ok() ? std::move(*records) : std::vector<TailRecord>();
  }

  io::SimStorage storage_;
  io::SimDisk disk_;
  base::UnlimitedBudget budget_;
  io::BufferPool buffers_;
  std::unique_ptr<io::Queue> queue_;
  std::unique_ptr<io::Directory> directory_;
  std::unique_ptr<Tail> tail_;
};

TEST_F(TailTest, ACreationWhoseProcessDiedIsWaitedFor) {
  Make();
  storage_.HoldLock(kPath, 3'000'000);
  EXPECT_TRUE(Create(kCapacity, /*lock_wait_nanos=*/0).IsBusy());
  EXPECT_TRUE(Create(kCapacity, /*lock_wait_nanos=*/5'000'000'000).ok());
}

TEST_F(TailTest, TheFileIsDurableZerosBeforeItIsUsed) {
  Make();
  EXPECT_EQ(storage_.ReadFile(kPath), std::string(kTailHeaderPageBytes + kCapacity, '\0'));
  EXPECT_TRUE(storage_.DurableNow(kPath));
  EXPECT_TRUE(Found().empty());
}

TEST_F(TailTest, ANewCapacityReplacesTheFileInPlace) {
  Make(2 * kCapacity);
  Start(6, 2 * kCapacity);
  Append(1, "old");
  tail_.reset();
  Make();
  EXPECT_EQ(storage_.ReadFile(kPath), std::string(kTailHeaderPageBytes + kCapacity, '\0'));
}

TEST_F(TailTest, RecordsAreFoundAgain) {
  Make();
  Start();
  Append(1, "first");
  Append(2, "second record");
  const std::vector<TailRecord> found = Found();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].payload, "first");
  EXPECT_EQ(found[1].payload, "second record");
  EXPECT_EQ(found[1].header, (GroupHeader{13, 2, 1}));
  EXPECT_EQ(found[1].position, TailRecordBytes(5));
}

TEST_F(TailTest, ANewGenerationFindsNothingOfTheOld) {
  Make();
  Start(7);
  Append(1, "old");
  Start(8);
  EXPECT_TRUE(Found(8).empty());
  // Also when it never got as far as to store its header.
  EXPECT_TRUE(Found(9).empty());
}

TEST_F(TailTest, TheSpaceOfAWrappedRingIsReadBackAsItWasAppended) {
  Make();
  Start();
  base::Prng prng(11);
  struct Live {
    key::Sequence first;
    uint64_t position;
    std::string payload;
  };
  std::deque<Live> live;
  for (key::Sequence sequence = 1; sequence <= 400; ++sequence) {
    std::string payload(2 + prng.Uniform(TailRecordBytesMax(kCapacity) - 40), '\0');
    for (char& c : payload) c = static_cast<char>(prng.Next());
    ASSERT_TRUE(tail_->Accepts(payload.size()));
    while (!tail_->HasRoom(payload.size())) {
      live.pop_front();
      tail_->Release(live.empty() ? tail_->end() : live.front().position - kTailRecordHeaderBytes);
    }
    live.push_back({sequence, Append(sequence, payload), payload});
    for (const Live& record : live) {
      std::string read;
      tail_->Read(record.position, record.payload.size(), [&](std::span<const std::byte> bytes) {
        read.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      });
      ASSERT_EQ(read, record.payload);
    }
    // Whatever is live is found; before it there may be records that were released and not yet
    // overwritten.
    const std::vector<TailRecord> found = Found();
    ASSERT_GE(found.size(), live.size());
    for (size_t i = 0; i < live.size(); ++i) {
      const TailRecord& record = found[found.size() - live.size() + i];
      ASSERT_EQ(record.header.first_sequence, live[i].first);
      ASSERT_EQ(record.payload, live[i].payload);
    }
  }
}

TEST_F(TailTest, AcceptsAQuarterAndFillsUpWhole) {
  Make();
  Start();
  const uint64_t payload_max = kCapacity / 4 - kTailRecordHeaderBytes;
  EXPECT_TRUE(tail_->Accepts(payload_max));
  EXPECT_FALSE(tail_->Accepts(payload_max + 1));
  EXPECT_FALSE(tail_->Accepts(UINT64_MAX));
  for (int i = 0; i < 4; ++i) Append(i + 1, std::string(payload_max, 'x'));
  EXPECT_EQ(tail_->used_bytes(), kCapacity);
  EXPECT_FALSE(tail_->HasRoom(1));
  tail_->Release(kCapacity / 4);
  EXPECT_TRUE(tail_->HasRoom(payload_max));
}

TEST_F(TailTest, HoldsItsLock) {
  Make();
  Start();
  EXPECT_TRUE(Tail::Start(directory_.get(), kId, 8, kCapacity).status().IsBusy());
}

}  // namespace
}  // namespace treering::wal
