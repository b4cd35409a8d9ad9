#include "engine/wal/log_block.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "engine/base/coding.h"
#include "engine/base/prng.h"

namespace treering::wal {
namespace {

using Block = std::array<std::byte, kLogBlockBytes>;

constexpr base::Id128 kId{0x33, 0x44};

std::string HexOf(std::span<const std::byte> bytes) {
  std::string out;
  char digits[4];
  for (const std::byte b : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(b));
    out += digits;
  }
  return out;
}

LogBlockHeader SampleHeader() { return {kBlockFirst | kBlockLast, 7, 1, 1, 0, 1, 21}; }

// The block of docs/format/log.md, "Example".
Block Sample() {
  Block block;
  block.fill(std::byte{0xee});
  const unsigned char payload[] = {5, 0, 0, 0, 1, 0,    0,    0,    0,    0,   0,
                                   0, 1, 0, 0, 0, 0x01, 0x01, 0x61, 0x01, 0x62};
  std::memcpy(block.data() + kLogHeaderBytes, payload, sizeof payload);
  LogBlockCodec(kId, 7).Seal(SampleHeader(), block);
  return block;
}

TEST(LogBlock, IsTheExampleOfTheFormat) {
  const Block block = Sample();
  EXPECT_EQ(HexOf(std::span(block).first(85)),
            "5aa796db5266f0d554524c420000030007000000000000000100000000000000"
            "0100000000000000000000000000000001000000000000001500000000000000"
            "050000000100000000000000010000000101610162");
  for (size_t i = 85; i < block.size(); ++i) ASSERT_EQ(block[i], std::byte{0}) << i;
}

TEST(LogBlock, ReadsBackWhatWasSealed) {
  const Block block = Sample();
  const DecodedBlock decoded = LogBlockCodec(kId, 7).Decode(block, 1);
  EXPECT_EQ(decoded.state, BlockState::kValid);
  EXPECT_EQ(decoded.header, SampleHeader());
  EXPECT_EQ(decoded.payload.size(), 21u);
  EXPECT_EQ(decoded.sum, base::Load64(block.data()));
}

TEST(LogBlock, EveryFlippedBitIsNoticed) {
  Block block = Sample();
  const LogBlockCodec codec(kId, 7);
  for (size_t bit = 0; bit < kLogBlockBytes * 8; ++bit) {
    block[bit / 8] ^= std::byte(1u << bit % 8);
    ASSERT_EQ(codec.Decode(block, 1).state, BlockState::kDamaged) << "bit " << bit;
    block[bit / 8] ^= std::byte(1u << bit % 8);
  }
}

TEST(LogBlock, ZerosOtherGenerationsAndLowerLsnsWereNeverWritten) {
  Block zeros{};
  EXPECT_EQ(LogBlockCodec(kId, 7).Decode(zeros, 1).state, BlockState::kNeverWritten);
  const Block block = Sample();
  EXPECT_EQ(LogBlockCodec(kId, 6).Decode(block, 1).state, BlockState::kNeverWritten);
  EXPECT_EQ(LogBlockCodec(kId, 8).Decode(block, 1).state, BlockState::kNeverWritten);
  EXPECT_EQ(LogBlockCodec(kId, 7).Decode(block, 2).state, BlockState::kNeverWritten);
  EXPECT_EQ(LogBlockCodec(kId, 7).Decode(block, 0).state, BlockState::kDamaged);
}

TEST(LogBlock, BlocksOfAnotherDatabaseAreDamage) {
  EXPECT_EQ(LogBlockCodec({0x34, 0x44}, 7).Decode(Sample(), 1).state, BlockState::kDamaged);
}

TEST(LogBlock, SaysWhatWasExpectedAndFound) {
  EXPECT_EQ(LogBlockCodec(kId, 9).Decode(Sample(), 1).reason, "generation: expected 9, found 7");
  EXPECT_EQ(LogBlockCodec(kId, 7).Decode(Sample(), 5).reason, "LSN: expected 5, found 1");
}

// A block whose sum holds and whose form does not: `spoil` changes a sealed block.
template <typename Spoil>
std::string ReasonAfter(Spoil&& spoil) {
  Block block = Sample();
  spoil(block.data());
  base::Store64(block.data(), base::Xxh3(block.data() + 8, block.size() - 8, base::SeedOf(kId, 1)));
  const DecodedBlock decoded = LogBlockCodec(kId, 7).Decode(block, 1);
  EXPECT_EQ(decoded.state, BlockState::kDamaged);
  return decoded.reason;
}

TEST(LogBlock, FormIsCheckedWhenTheSumHolds) {
  EXPECT_EQ(ReasonAfter([](std::byte* p) { base::Store16(p + kLogVersionAt, uint16_t{1}); }),
            "version: expected 0, found 1");
  EXPECT_EQ(ReasonAfter([](std::byte* p) { base::Store16(p + kLogFlagsAt, uint16_t{19}); }),
            "unknown flags: expected 3, found 19");
  EXPECT_EQ(ReasonAfter([](std::byte* p) { base::Store32(p + kLogReservedAt, 1u); }),
            "reserved bytes: expected 0, found 1");
  EXPECT_EQ(ReasonAfter([](std::byte* p) { base::Store32(p + kLogPayloadLengthAt, 4033u); }),
            "payload length: expected at most 4032, found 4033");
  EXPECT_EQ(ReasonAfter([](std::byte* p) { base::Store32(p + kLogPayloadLengthAt, ~0u); }),
            "payload length: expected at most 4032, found 4294967295");
  EXPECT_EQ(ReasonAfter([](std::byte* p) { base::Store16(p + kLogFlagsAt, uint16_t{4}); }),
            "payload length of a promise block: expected 0, found 21");
  EXPECT_EQ(ReasonAfter([](std::byte* p) { p[4095] = std::byte{1}; }),
            "padding: expected zeros, found other bytes");
}

TEST(LogBlock, FullPayloadsFit) {
  Block block;
  base::Prng prng(1);
  for (std::byte& b : block) b = std::byte(prng.Next());
  LogBlockHeader header = SampleHeader();
  header.payload_bytes = kLogPayloadBytes;
  LogBlockCodec(kId, 7).Seal(header, block);
  EXPECT_EQ(LogBlockCodec(kId, 7).Decode(block, 1).payload.size(), kLogPayloadBytes);
}

}  // namespace
}  // namespace treering::wal
