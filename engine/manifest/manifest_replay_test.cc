#include "engine/manifest/manifest_replay.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/manifest/edit_group.h"
#include "engine/manifest/manifest_format.h"
#include "engine/manifest/manifest_testing.h"

namespace treering::manifest {
namespace {

constexpr ManifestIdentity kIdentity = {5, {0xaa, 0xbb}};

VersionEdit SnapshotEdit() {
  VersionEdit edit;
  edit.snapshot = SnapshotPart::kLast;
  edit.database_id = base::Id128{1, 2};
  edit.comparator = "treering.bytewise";
  edit.generation = 3;
  edit.manifest_blocks = 4;
  edit.added_tables = {MakeTable(6, 1, "a", "m")};
  return edit;
}

VersionEdit SequenceEdit(uint64_t sequence) {
  VersionEdit edit;
  edit.last_sequence = sequence;
  return edit;
}

// An edit that takes `blocks` blocks or so.
VersionEdit LongEdit(uint64_t sequence, uint64_t number) {
  VersionEdit edit = SequenceEdit(sequence);
  edit.added_tables = {MakeTable(6, number, "n" + std::string(9000, 'x'), "z")};
  return edit;
}

// A manifest in memory.
class Image {
 public:
  explicit Image(uint64_t capacity_blocks) : bytes_(capacity_blocks * base::kPageBytes) {}

  void Append(const VersionEdit& edit) {
    std::string body;
    ASSERT_TRUE(EncodeEdit(edit, &body).ok());
    AppendBody(body);
  }

  void AppendBody(const std::string& body) {
    const std::string group = EncodeGroup(kIdentity.id, ++edit_number_, body);
    const uint64_t durable = blocks_;
    for (size_t done = 0; done < group.size(); done += BlockPayloadBytesMax()) {
      ManifestBlock block;
      block.first = done == 0;
      block.payload =
          Slice(group.data() + done, std::min(BlockPayloadBytesMax(), group.size() - done));
      block.last = done + block.payload.size() == group.size();
      Put(&block, durable);
    }
  }

  void AppendPromise() {
    ManifestBlock block;
    block.promise_only = true;
    Put(&block, blocks_);
  }

  uint64_t blocks() const { return blocks_; }
  std::span<std::byte> Block(uint64_t index) {
    return std::span(bytes_).subspan(index * base::kPageBytes, base::kPageBytes);
  }
  void Flip(size_t bit) { bytes_[bit / 8] ^= std::byte{1} << (bit % 8); }
  void Zero(uint64_t index) {
    for (std::byte& b : Block(index)) b = std::byte{0};
  }

  Result<ManifestReplay::Outcome> Replay(uint64_t promise = 0) {
    ManifestReplay replay(kIdentity, key::KeyOrder(BytewiseComparator()), promise);
    for (uint64_t i = 0; i < bytes_.size() / base::kPageBytes; ++i) {
      if (Status s = replay.Feed(Block(i)); !s.ok()) return s;
    }
    return replay.Finish();
  }

  // "sequence 7, 2 tables, 3 blocks, 0 cut", or the error.
  std::string Text(uint64_t promise = 0) {
    const auto outcome = Replay(promise);
    if (!outcome.ok()) return outcome.status().ToString();
    return "sequence " + std::to_string(outcome->state.last_sequence) + ", " +
           std::to_string(outcome->state.version->table_count()) + " tables, " +
           std::to_string(outcome->blocks) + " blocks, " + std::to_string(outcome->blocks_cut) +
           " cut" + (outcome->sealed ? ", sealed" : "");
  }

 private:
  void Put(ManifestBlock* block, uint64_t promise) {
    block->index = blocks_;
    block->edit_number = edit_number_;
    block->previous_sum = sum_;
    block->promise = promise;
    EncodeBlock(kIdentity, block, Block(blocks_));
    sum_ = block->sum;
    blocks_ += 1;
  }

  std::vector<std::byte> bytes_;
  uint64_t blocks_ = 0;
  uint64_t edit_number_ = 0;
  uint64_t sum_ = 0;
};

Image ThreeEdits() {
  Image image(12);
  image.Append(SnapshotEdit());    // block 0
  image.Append(SequenceEdit(10));  // block 1
  image.Append(LongEdit(20, 2));   // blocks 2 to 4
  image.Append(SequenceEdit(30));  // block 5
  return image;
}

TEST(ManifestReplayTest, AddsUpEdits) {
  EXPECT_EQ(ThreeEdits().Text(), "sequence 30, 2 tables, 6 blocks, 0 cut");
}

TEST(ManifestReplayTest, PromiseBlocksChangeNothing) {
  Image image(8);
  image.Append(SnapshotEdit());
  image.AppendPromise();
  image.AppendPromise();
  image.Append(SequenceEdit(10));
  image.AppendPromise();
  EXPECT_EQ(image.Text(), "sequence 10, 1 tables, 5 blocks, 0 cut");
}

TEST(ManifestReplayTest, ATornGroupIsCut) {
  for (uint64_t lost = 2; lost <= 4; ++lost) {
    Image image(12);
    image.Append(SnapshotEdit());
    image.Append(SequenceEdit(10));
    image.Append(LongEdit(20, 2));
    image.Zero(lost);
    EXPECT_EQ(image.Text().substr(0, 42), lost == 4 ? "sequence 10, 1 tables, 2 blocks, 2 cut"
                                                    : "sequence 10, 1 tables, 2 blocks, 3 cut")
        << lost;
  }
}

TEST(ManifestReplayTest, ADamagedBlockThatWasPromisedIsCorruption) {
  Image image = ThreeEdits();
  image.Zero(3);
  EXPECT_EQ(image.Text().substr(0, 44), "Corruption: MANIFEST-000005, offset 12288: e");
  EXPECT_NE(image.Text().find("; blocks up to offset 20480 were acknowledged"), std::string::npos);
}

TEST(ManifestReplayTest, CurrentVouchesToo) {
  Image image(4);
  image.Append(SnapshotEdit());
  image.Append(SequenceEdit(10));
  image.Zero(1);
  EXPECT_EQ(image.Text(1), "sequence 0, 1 tables, 1 blocks, 0 cut");
  EXPECT_EQ(image.Text(2).substr(0, 42), "Corruption: MANIFEST-000005, offset 4096: ");
  EXPECT_EQ(image.Text(5).substr(0, 42), "Corruption: MANIFEST-000005, offset 4096: ");
}

TEST(ManifestReplayTest, NoBitOfABlockCanFlip) {
  Image image = ThreeEdits();
  ManifestBlock block;
  std::string reason;
  for (size_t bit = 0; bit < base::kPageBytes * 8; ++bit) {
    image.Flip(bit);
    ASSERT_EQ(DecodeBlock(kIdentity, 0, image.Block(0), &block, &reason), BlockState::kDamaged);
    image.Flip(bit);
  }
}

TEST(ManifestReplayTest, ABitFlippedInEveryByte) {
  Image image = ThreeEdits();
  image.AppendPromise();  // block 6
  const std::string whole = "sequence 30, 2 tables, ";
  for (size_t bit = 0; bit < 8 * base::kPageBytes * 8; bit += 9) {
    image.Flip(bit);
    const std::string text = image.Text();
    image.Flip(bit);
    if (bit < 6 * base::kPageBytes * 8) {
      ASSERT_EQ(text.substr(0, 11), "Corruption:") << bit;
    } else {
      ASSERT_EQ(text.substr(0, whole.size()), whole) << bit;
    }
  }
}

// The documented gap: nobody vouches for the last edit.
TEST(ManifestReplayTest, DamageToTheLastEditPassesForATornEnd) {
  Image image = ThreeEdits();
  image.Flip(5 * base::kPageBytes * 8 + 1000);
  EXPECT_EQ(image.Text(), "sequence 20, 2 tables, 5 blocks, 1 cut");
}

TEST(ManifestReplayTest, SwappedAndRepeatedBlocksDoNotCount) {
  for (uint64_t from = 0; from < 6; ++from) {
    for (uint64_t to = 0; to < 6; ++to) {
      if (from == to) continue;
      Image image = ThreeEdits();
      image.AppendPromise();
      Image copy = image;
      std::copy(copy.Block(from).begin(), copy.Block(from).end(), image.Block(to).begin());
      EXPECT_EQ(image.Text().substr(0, 11), "Corruption:") << from << " " << to;
    }
  }
}

// A block that is right in itself and was written behind another one than the one it lies behind.
TEST(ManifestReplayTest, TheChainTellsHistoriesApart) {
  Image one(4);
  one.Append(SnapshotEdit());
  one.Append(SequenceEdit(10));
  Image other(4);
  other.Append(SnapshotEdit());
  other.Append(SequenceEdit(11));
  other.Append(SequenceEdit(20));
  std::copy(other.Block(2).begin(), other.Block(2).end(), one.Block(2).begin());
  EXPECT_EQ(one.Text(), "sequence 10, 1 tables, 2 blocks, 1 cut");
}

TEST(ManifestReplayTest, EveryTruncation) {
  for (uint64_t keep = 0; keep <= 6; ++keep) {
    Image image = ThreeEdits();
    for (uint64_t i = keep; i < 6; ++i) image.Zero(i);
    const std::string text = image.Text(/*promise=*/1);
    if (keep == 0) {
      EXPECT_EQ(text.substr(0, 11), "Corruption:");
    } else {
      const char* expected[] = {
          "",           "sequence 0,", "sequence 10", "sequence 10", "sequence 10", "sequence 20",
          "sequence 30"};
      EXPECT_EQ(text.substr(0, 11), expected[keep]) << keep;
    }
  }
}

TEST(ManifestReplayTest, AFileShorterThanItWasMade) {
  Image image(3);
  image.Append(SnapshotEdit());
  EXPECT_EQ(image.Text(),
            "Corruption: MANIFEST-000005: length in bytes: expected 16384, found 12288");
}

TEST(ManifestReplayTest, ASnapshotInPartsCountsWhenItIsWhole) {
  Image image(8);
  VersionEdit first = SnapshotEdit();
  first.snapshot = SnapshotPart::kMore;
  image.Append(first);
  EXPECT_EQ(image.Text().substr(0, 11), "Corruption:");
  VersionEdit last;
  last.snapshot = SnapshotPart::kLast;
  last.added_tables = {MakeTable(6, 2, "n", "z")};
  image.Append(last);
  EXPECT_EQ(image.Text(), "sequence 0, 2 tables, 2 blocks, 0 cut");
}

TEST(ManifestReplayTest, ASealEndsTheManifest) {
  Image image(8);
  image.Append(SnapshotEdit());
  VersionEdit seal;
  seal.sealed = Successor{6, {1, 1}};
  image.Append(seal);
  EXPECT_EQ(image.Text(), "sequence 0, 1 tables, 2 blocks, 0 cut, sealed");
  image.AppendPromise();
  EXPECT_EQ(image.Text(), "sequence 0, 1 tables, 3 blocks, 0 cut, sealed");
  image.Append(SequenceEdit(4));
  EXPECT_EQ(image.Text(), "Corruption: MANIFEST-000005, offset 12288: an edit behind the seal");
}

// Whole groups that this build cannot have written.
TEST(ManifestReplayTest, WholeGroupsThatMakeNoSense) {
  const auto text = [](const std::vector<VersionEdit>& edits) {
    Image image(8);
    for (const VersionEdit& edit : edits) image.Append(edit);
    return image.Text();
  };
  const std::string at0 = "MANIFEST-000005, offset 0: ";
  const std::string at1 = "MANIFEST-000005, offset 4096: ";
  VersionEdit other = SnapshotEdit();
  other.comparator = "other";
  EXPECT_EQ(text({other}), "InvalidArgument: " + at0 +
                               "the database's comparator is \"other\"; it was opened with "
                               "\"treering.bytewise\"");
  VersionEdit nameless = SnapshotEdit();
  nameless.comparator.reset();
  EXPECT_EQ(
      text({nameless}),
      "Corruption: " + at0 +
          "the first edit does not name comparator, database, generation and length of the file");
  EXPECT_EQ(text({SequenceEdit(1)}), "Corruption: " + at0 + "an edit inside the snapshot");
  EXPECT_EQ(text({SnapshotEdit(), SnapshotEdit()}), "Corruption: " + at1 + "a second snapshot");
  VersionEdit older;
  older.generation = 2;
  EXPECT_EQ(text({SnapshotEdit(), older}),
            "Corruption: " + at1 + "manifest edit: generation 2 behind generation 3");
  VersionEdit forget;
  forget.forgotten_segments = {9};
  EXPECT_EQ(text({SnapshotEdit(), forget}),
            "Corruption: " + at1 + "manifest edit: forgets a segment that is not registered");
  VersionEdit twice;
  twice.registered_segments = {{9, 4}, {9, 4}};
  EXPECT_EQ(text({SnapshotEdit(), twice}),
            "Corruption: " + at1 + "manifest edit: registers segment 9 a second time");
  VersionEdit renamed;
  renamed.database_id = base::Id128{4, 4};
  EXPECT_EQ(text({SnapshotEdit(), renamed}),
            "Corruption: " + at1 + "a later edit names comparator, database or length of the file");
  VersionEdit overlap;
  overlap.added_tables = {MakeTable(6, 2, "b", "c")};
  EXPECT_EQ(text({SnapshotEdit(), overlap}),
            "Corruption: MANIFEST-000005: manifest edit: the keys of table 2 of level 6 overlap "
            "those of table 1");
  Image later(4);
  later.Append(SnapshotEdit());
  later.AppendBody(std::string("\x28\x00", 2));  // field 40
  EXPECT_EQ(later.Text(), "NotSupported: " + at1 +
                              "manifest edit, byte 0: field 40 is of a later version of treering");
}

TEST(ManifestReplayTest, AnotherManifestsBlocksDoNotCount) {
  Image image(4);
  image.Append(SnapshotEdit());
  const key::KeyOrder order(BytewiseComparator());
  for (const ManifestIdentity& identity :
       {ManifestIdentity{5, {0xaa, 0xbc}}, ManifestIdentity{6, {0xaa, 0xbb}}}) {
    ManifestReplay replay(identity, order, 0);
    ASSERT_TRUE(replay.Feed(image.Block(0)).ok());
    EXPECT_TRUE(replay.Finish().status().IsCorruption());
  }
}

TEST(EditGroupTest, WrongHeaders) {
  const std::string group = EncodeGroup(kIdentity.id, 4, "body");
  Slice body;
  ASSERT_TRUE(DecodeGroup(kIdentity.id, 4, group, &body).ok());
  EXPECT_EQ(body, Slice("body"));
  EXPECT_EQ(DecodeGroup(kIdentity.id, 5, group, &body).ToString(),
            "Corruption: edit number: expected 5, found 4");
  EXPECT_EQ(DecodeGroup(kIdentity.id, 4, group + "x", &body).ToString(),
            "Corruption: edit length: expected 5, found 4");
  EXPECT_EQ(DecodeGroup(kIdentity.id, 4, Slice("short"), &body).ToString(),
            "Corruption: length of a group, at least: expected 24, found 5");
  EXPECT_TRUE(DecodeGroup({1, 1}, 4, group, &body).IsCorruption());
  for (size_t bit = 0; bit < group.size() * 8; ++bit) {
    std::string damaged = group;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_TRUE(DecodeGroup(kIdentity.id, 4, damaged, &body).IsCorruption()) << bit;
  }
}

}  // namespace
}  // namespace treering::manifest
