#include "engine/wal/log_scan.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "engine/base/coding.h"

namespace treering::wal {
namespace {

constexpr base::Id128 kId{1, 2};
constexpr uint64_t kGeneration = 3;

// Builds a log in memory by the format alone, beside the writer. LSNs from 1.
class LogImage {
 public:
  using Block = std::vector<std::byte>;

  // One spill with one group of `bytes` for each of `sizes`.
  void Spill(const std::vector<size_t>& sizes, uint64_t promise) {
    std::string stream;
    for (const size_t bytes : sizes) {
      const auto header = EncodeGroupHeader({static_cast<uint32_t>(bytes), ++sequence_, 1});
      stream.append(reinterpret_cast<const char*>(header.data()), header.size());
      stream.append(bytes, static_cast<char>('a' + sequence_ % 26));
    }
    for (size_t at = 0; at < stream.size(); at += kLogPayloadBytes) {
      const uint16_t flags =
          (at == 0 ? kBlockFirst : 0) | (at + kLogPayloadBytes >= stream.size() ? kBlockLast : 0);
      AddBlock(flags, promise, stream.substr(at, kLogPayloadBytes));
    }
  }
  void Promise(uint64_t promise, uint16_t more_flags = 0) {
    AddBlock(kBlockPromise | more_flags, promise, "");
  }
  void Zeros(size_t count) { blocks_.resize(blocks_.size() + count, Block(kLogBlockBytes)); }
  void AddBlock(uint16_t flags, uint64_t promise, const std::string& payload) {
    Block block(kLogBlockBytes);
    std::memcpy(block.data() + kLogHeaderBytes, payload.data(), payload.size());
    sum_ = LogBlockCodec(kId, kGeneration)
               .Seal({flags, kGeneration, blocks_.size() + 1, 0, sum_, promise,
                      static_cast<uint32_t>(payload.size())},
                     block);
    blocks_.push_back(std::move(block));
  }
  Block& at(uint64_t lsn) { return blocks_[lsn - 1]; }
  size_t size() const { return blocks_.size(); }

  // "sequences | break | cut", or the error.
  std::string Read(const ReplayStart& start = {}) const {
    std::string groups;
    LogScan scan(kId, kGeneration, start, [&](const GroupHeader& header, const Slice&) {
      groups += std::to_string(header.first_sequence) + " ";
      return Status::Ok();
    });
    for (uint64_t lsn = start.lsn; lsn <= blocks_.size(); ++lsn) {
      const Status status = scan.Add(lsn, blocks_[lsn - 1], "w", (lsn - 1) * kLogBlockBytes);
      if (!status.ok()) return status.ToString();
    }
    const Status verdict = scan.Judge();
    if (!verdict.ok()) return verdict.ToString();
    return groups + "| " + std::to_string(scan.break_lsn()) + " | " +
           std::to_string(scan.bytes_cut()) + (scan.clean_close() ? " clean" : "");
  }

 private:
  std::vector<Block> blocks_;
  uint64_t sum_ = 0;
  key::Sequence sequence_ = 0;
};

// Spills at 1, at 2 and 3, at 4; a promise for all of them at 5; a spill at 6.
LogImage Sample() {
  LogImage image;
  image.Spill({10}, 1);
  image.Spill({3000, 3000}, 2);
  image.Spill({20, 30}, 4);
  image.Promise(5);
  image.Spill({40}, 5);
  image.Zeros(2);
  return image;
}

TEST(LogScan, GivesGroupsUntilTheEnd) { EXPECT_EQ(Sample().Read(), "1 2 3 4 5 6 | 7 | 0"); }

TEST(LogScan, AnEmptyLogEndsWhereItStarts) {
  LogImage image;
  EXPECT_EQ(image.Read(), "| 1 | 0");
  image.Zeros(3);
  EXPECT_EQ(image.Read(), "| 1 | 0");
}

TEST(LogScan, StartsWhereTheManifestSays) {
  const LogImage image = Sample();
  LogImage copy = image;
  const uint64_t sum_1 = base::Load64(copy.at(1).data());
  // The spill at 2 holds sequences 2 and 3; 2 is in tables.
  EXPECT_EQ(image.Read({2, sum_1, 2, 0, 0}), "3 4 5 6 | 7 | 0");
  EXPECT_NE(image.Read({2, sum_1 + 1, 2, 0, 0}).find("Corruption"), std::string::npos);
  // A start behind the groups that it asks for would lose some.
  EXPECT_NE(image.Read({2, sum_1, 0, 0, 0}).find("expected at most 1, found 2"), std::string::npos);
}

TEST(LogScan, ACleanCloseIsSeenAsTheLastBlockOnly) {
  LogImage image;
  image.Spill({10}, 1);
  image.Promise(2, kBlockCleanClose);
  EXPECT_EQ(image.Read(), "1 | 3 | 0 clean");
  image.Spill({10}, 2);
  EXPECT_EQ(image.Read(), "1 2 | 4 | 0");
}

TEST(LogScan, EveryFlippedBitIsCorruptionOrTakesTheLastGroupOnly) {
  LogImage image;
  image.Spill({10}, 1);
  image.Spill({20, 30}, 2);
  image.Promise(3);
  image.Spill({40}, 3);
  for (uint64_t lsn = 1; lsn <= image.size(); ++lsn) {
    for (size_t bit = 0; bit < kLogBlockBytes * 8; ++bit) {
      image.at(lsn)[bit / 8] ^= std::byte(1u << bit % 8);
      const std::string found = image.Read();
      // Blocks 1 and 2 were promised. Nobody vouches for 3 but 4, and nobody for 4.
      if (lsn <= 2) {
        ASSERT_EQ(found.substr(0, 10), "Corruption") << "block " << lsn << " bit " << bit;
      } else {
        ASSERT_EQ(found, lsn == 3 ? "1 2 3 | 3 | 8192" : "1 2 3 | 4 | 4096");
      }
      image.at(lsn)[bit / 8] ^= std::byte(1u << bit % 8);
    }
  }
}

TEST(LogScan, ADamagedBlockBelowAPromiseIsNamed) {
  LogImage image = Sample();
  image.at(3)[100] ^= std::byte{1};
  const std::string found = image.Read();
  EXPECT_NE(found.find("w offset 8192 (log block 3): sum: expected 0x"), std::string::npos)
      << found;
  EXPECT_NE(found.find("all blocks below 5 were durable"), std::string::npos) << found;
}

TEST(LogScan, LostBlocksBelowAPromiseAreCorruptionAndAboveItTheEnd) {
  for (uint64_t lsn = 1; lsn <= 6; ++lsn) {
    LogImage image = Sample();
    image.at(lsn).assign(kLogBlockBytes, std::byte{0});
    EXPECT_EQ(image.Read().substr(0, 10) == "Corruption", lsn <= 4) << lsn;
  }
}

TEST(LogScan, AGapIsTheEndWhenNobodyPromisedIt) {
  LogImage image;
  image.Spill({10}, 1);
  image.Spill({20}, 1);
  image.Spill({30}, 1);
  image.at(2).assign(kLogBlockBytes, std::byte{0});
  EXPECT_EQ(image.Read(), "1 | 2 | 4096");
}

TEST(LogScan, WholeGroupsOfATornSpillCount) {
  LogImage image;
  image.Spill({10, 20, 5000}, 1);
  image.at(2).assign(kLogBlockBytes, std::byte{0});
  const uint64_t cut = kLogPayloadBytes - (16 + 10) - (16 + 20);
  EXPECT_EQ(image.Read(), "1 2 | 2 | " + std::to_string(cut));
}

TEST(LogScan, SwappedAndDoubledBlocksAreNoticed) {
  LogImage swapped = Sample();
  std::swap(swapped.at(1), swapped.at(4));
  EXPECT_EQ(swapped.Read().substr(0, 10), "Corruption");
  LogImage doubled = Sample();
  doubled.at(6) = doubled.at(4);
  EXPECT_EQ(doubled.Read(), "1 2 3 4 5 | 6 | 0");
}

TEST(LogScan, ABlockThatDoesNotFollowItsForerunnerEndsTheLog) {
  LogImage inside;  // a spill that starts inside another
  inside.AddBlock(kBlockFirst, 1, std::string(kLogPayloadBytes, '\1'));
  inside.Spill({10}, 1);
  EXPECT_EQ(inside.Read().substr(0, 10), "Corruption");  // the bytes of the first are no group
  LogImage without_start;
  without_start.AddBlock(kBlockLast, 1, "x");
  EXPECT_EQ(without_start.Read(), "| 1 | 4096");
  LogImage promise_with_place;
  promise_with_place.AddBlock(kBlockPromise | kBlockFirst, 1, "");
  EXPECT_EQ(promise_with_place.Read(), "| 1 | 4096");
  LogImage not_full;
  not_full.AddBlock(kBlockFirst, 1, "x");
  EXPECT_EQ(not_full.Read(), "| 1 | 4096");
}

TEST(LogScan, ASpillThatEndsInsideAGroupIsCorruption) {
  LogImage image;
  const auto header = EncodeGroupHeader({100, 1, 1});
  image.AddBlock(kBlockFirst | kBlockLast, 1,
                 std::string(reinterpret_cast<const char*>(header.data()), header.size()) + "ab");
  EXPECT_EQ(image.Read(),
            "Corruption: w offset 0 (log block 1): end of a spill: expected a whole group, found "
            "18 bytes of one");
}

TEST(LogScan, APromiseBeyondTheLastSegmentIsCorruption) {
  LogImage image;
  image.Spill({10}, 1);
  image.Promise(9);
  EXPECT_EQ(image.Read(),
            "Corruption: damaged log: the log ends before block 3 in its last segment; a later "
            "block says that all blocks below 9 were durable");
}

TEST(LogScan, GoesOnWhenTheBlockAppeared) {
  LogImage image = Sample();
  LogImage late = image;
  late.at(4).assign(kLogBlockBytes, std::byte{0});
  key::Sequence last = 0;
  LogScan scan(kId, kGeneration, {}, [&](const GroupHeader& header, const Slice&) {
    last = header.last_sequence();
    return Status::Ok();
  });
  for (uint64_t lsn = 1; lsn <= late.size(); ++lsn) {
    ASSERT_TRUE(scan.Add(lsn, late.at(lsn), "w", 0).ok());
  }
  ASSERT_FALSE(scan.Judge().ok());
  ASSERT_EQ(scan.break_lsn(), 4u);
  scan.Retry();
  for (uint64_t lsn = 4; lsn <= image.size(); ++lsn) {
    ASSERT_TRUE(scan.Add(lsn, image.at(lsn), "w", 0).ok());
  }
  EXPECT_TRUE(scan.Judge().ok());
  EXPECT_EQ(last, 6u);
  EXPECT_EQ(scan.bytes_cut(), 0u);
}

}  // namespace
}  // namespace treering::wal
