#include "engine/wal/spill.h"

#include <gtest/gtest.h>

#include "engine/base/budget_unlimited.h"
#include "engine/base/prng.h"
#include "engine/io/sim_disk.h"
#include "engine/wal/log_scan.h"

namespace treering::wal {
namespace {

constexpr base::Id128 kId{1, 2};

class SpillEncoderTest : public ::testing::Test {
 protected:
  SpillEncoderTest() : disk_(&storage_), buffers_(disk_.arena(), &budget_) {}

  static std::string Group(key::Sequence first, const std::string& payload) {
    const auto header = EncodeGroupHeader({static_cast<uint32_t>(payload.size()), first, 1});
    return std::string(reinterpret_cast<const char*>(header.data()), header.size()) + payload;
  }
  // Encodes `stream` at LSN 10, in pieces of `piece_bytes`.
  uint64_t Encode(const std::string& stream, size_t piece_bytes, BlockBuffers* blocks) {
    EXPECT_TRUE(blocks->Allocate(&buffers_, BlocksFor(stream.size())));
    const LogBlockCodec codec(kId, 3);
    SpillEncoder encoder(codec, {0, 3, 10, 1, 99, 10, 0}, blocks);
    const auto bytes = std::as_bytes(std::span<const char>(stream));
    for (size_t at = 0; at < bytes.size(); at += piece_bytes) {
      encoder.Append(bytes.subspan(at, std::min(piece_bytes, bytes.size() - at)));
    }
    return encoder.Finish();
  }

  io::SimStorage storage_;
  io::SimDisk disk_;
  base::UnlimitedBudget budget_;
  io::BufferPool buffers_;
};

TEST_F(SpillEncoderTest, AScanGivesTheGroupsBackAtEverySize) {
  for (const size_t bytes : {2u, 4015u, 4016u, 4017u, 4032u, 8048u, 8049u, 100'000u}) {
    const std::string payload(bytes, 'x');
    BlockBuffers blocks;
    Encode(Group(1, payload), 1000, &blocks);
    std::string found;
    LogScan scan(kId, 3, {10, 99, 0, 0, 0}, [&](const GroupHeader&, const Slice& group) {
      found = group.ToString();
      return Status::Ok();
    });
    for (uint64_t i = 0; i < blocks.blocks(); ++i) {
      ASSERT_TRUE(scan.Add(10 + i, blocks.Block(i), "f", 0).ok());
    }
    EXPECT_EQ(found, payload);
    EXPECT_EQ(scan.break_lsn(), 10 + blocks.blocks()) << bytes;
    EXPECT_TRUE(scan.Judge().ok());
  }
}

TEST_F(SpillEncoderTest, BytesDoNotDependOnTheirPieces) {
  std::string payload(9000, 'x');
  base::Prng prng(3);
  for (char& c : payload) c = static_cast<char>(prng.Next());
  BlockBuffers whole;
  const uint64_t sum = Encode(Group(1, payload), SIZE_MAX / 2, &whole);
  for (const size_t piece_bytes : {1u, 7u, 4032u, 4033u}) {
    BlockBuffers blocks;
    EXPECT_EQ(Encode(Group(1, payload), piece_bytes, &blocks), sum) << piece_bytes;
  }
}

TEST_F(SpillEncoderTest, APromiseBlockIsEmptyAndStandsAlone) {
  BlockBuffers blocks;
  ASSERT_TRUE(blocks.Allocate(&buffers_, 1));
  const LogBlockCodec codec(kId, 3);
  SpillEncoder(codec, {kBlockPromise | kBlockCleanClose, 3, 10, 1, 99, 10, 0}, &blocks).Finish();
  const DecodedBlock decoded = codec.Decode(blocks.Block(0), 10);
  EXPECT_EQ(decoded.state, BlockState::kValid);
  EXPECT_EQ(decoded.header.flags, kBlockPromise | kBlockCleanClose);
  EXPECT_EQ(decoded.header.payload_bytes, 0u);
}

TEST_F(SpillEncoderTest, ASpillIsOneRequestForEachBufferAndSegment) {
  const std::unique_ptr<io::Directory> directory =
      std::move(disk_.OpenDirectory("/db", true).value());
  const std::unique_ptr<io::Queue> queue = std::move(disk_.NewQueue(8).value());
  LsnMap map(10);
  for (const uint64_t number : {1, 2}) {
    map.Add(std::move(
        CreateSegment(directory.get(), queue.get(), &buffers_, number, 300 * 4096).value()));
  }
  // Blocks 10 to 409: 256 of the first buffer, then 44 up to the segment's end, then 100.
  const std::string stream = Group(1, std::string(400 * kLogPayloadBytes - 16, 'x'));
  BlockBuffers blocks;
  Encode(stream, stream.size(), &blocks);
  const SpillRange range = {10, 410, 1, 1, 0};
  const auto spill = std::make_unique<Spill>(range, std::move(blocks), map.Overlapping(10, 410));
  ASSERT_EQ(spill->requests().size(), 3u);
  EXPECT_EQ(spill->requests()[0].length, 256 * kLogBlockBytes);
  EXPECT_EQ(spill->requests()[1].offset, 256 * kLogBlockBytes);
  EXPECT_EQ(spill->requests()[1].length, 44 * kLogBlockBytes);
  EXPECT_EQ(spill->requests()[2].offset, 0u);
  EXPECT_EQ(spill->requests()[2].length, 100 * kLogBlockBytes);
  spill->Submit(queue.get());
  io::Request* done[3];
  ASSERT_EQ(queue->Wait(done, 3, UINT64_MAX), 3u);
  EXPECT_FALSE(spill->NoteDone(done[0]));
  EXPECT_FALSE(spill->NoteDone(done[1]));
  EXPECT_TRUE(spill->NoteDone(done[2]));
  EXPECT_TRUE(spill->status().ok());
  spill->NoteFinished();
}

}  // namespace
}  // namespace treering::wal
