#include "engine/manifest/version_edit.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/base/prng.h"
#include "engine/manifest/manifest_format.h"
#include "engine/manifest/manifest_testing.h"
#include "engine/wal/log_format.h"

namespace treering::manifest {
namespace {

std::string Encode(const VersionEdit& edit) {
  std::string out;
  const Status s = EncodeEdit(edit, &out);
  EXPECT_TRUE(s.ok()) << s.ToString();
  return out;
}

VersionEdit FullEdit() {
  VersionEdit edit;
  edit.snapshot = SnapshotPart::kLast;
  edit.database_id = base::Id128{1, 2};
  edit.comparator = "treering.bytewise";
  edit.options_digest = 77;
  edit.generation = 9;
  edit.tail = TailState{TailMode::kMapped, 2 << 20};
  edit.next_file_number = 640;
  edit.last_sequence = base::kSequenceMax;
  edit.replay_start = ReplayStart{1000, 0xfeedull, 55, 12, 3};
  edit.forgotten_segments = {3, 4};
  edit.registered_segments = {{10, 256}, {11, 512}};
  edit.removed_tables = {{0, 20}, {3, 21}};
  edit.added_tables = {MakeTable(1, 22, "a", "b", 5, 6),
                       MakeTable(6, 23, "", std::string(300, 'x'), 1, 300)};
  edit.sealed = Successor{99, {7, 8}};
  edit.manifest_blocks = 256;
  return edit;
}

std::string Field(uint32_t tag, const std::string& content) {
  std::string out;
  base::AppendVarint32(&out, tag);
  base::AppendLengthPrefixed(&out, content);
  return out;
}

TEST(VersionEditTest, RoundTripsEveryField) {
  const VersionEdit edit = FullEdit();
  VersionEdit decoded;
  const Status s = DecodeEdit(Encode(edit), &decoded);
  ASSERT_TRUE(s.ok()) << s.ToString();
  EXPECT_EQ(decoded, edit);
}

TEST(VersionEditTest, EmptyEditIsEmpty) {
  EXPECT_EQ(Encode(VersionEdit()), "");
  VersionEdit decoded;
  ASSERT_TRUE(DecodeEdit(Slice(), &decoded).ok());
  EXPECT_EQ(decoded, VersionEdit());
}

// The example of docs/format/manifest.md.
TEST(VersionEditTest, WorkedExample) {
  VersionEdit edit;
  edit.next_file_number = 64;
  edit.removed_tables = {{0, 7}};
  TableMeta table = MakeTable(1, 9, "a", "b");
  table.smallest.clear();
  table.largest.clear();
  key::AppendInternalKey(&table.smallest, "a", key::MakeTag(5, key::Kind::kValue));
  key::AppendInternalKey(&table.largest, "b", key::MakeTag(6, key::Kind::kValue));
  table.smallest_sequence = 5;
  table.largest_sequence = 6;
  table.id = {0x11, 0x22};
  table.file_hash = {0x33, 0x44};
  table.bytes = 4096;
  table.entries = 2;
  edit.added_tables = {table};
  const std::string expected =
      std::string("\x0e\x01\x40\x18\x03\x00\x00\x07\x1a\x3d\x00\x01\x09", 13) +
      std::string("\x11\0\0\0\0\0\0\0\x22\0\0\0\0\0\0\0", 16) + "\x80\x20" +
      std::string("\x33\0\0\0\0\0\0\0\x44\0\0\0\0\0\0\0", 16) +
      std::string("\x09\x61\x01\x05\0\0\0\0\0\0\x09\x62\x01\x06\0\0\0\0\0\0\x05\x06\x02\0", 24);
  EXPECT_EQ(Encode(edit), expected);
}

TEST(VersionEditTest, EveryTruncationIsRefusedOrAWholeEdit) {
  const std::string bytes = Encode(FullEdit());
  for (size_t n = 0; n < bytes.size(); ++n) {
    VersionEdit decoded;
    const Status s = DecodeEdit(Slice(bytes.data(), n), &decoded);
    if (s.ok()) {
      EXPECT_EQ(Encode(decoded), bytes.substr(0, n)) << n;
    } else {
      EXPECT_TRUE(s.IsCorruption()) << n << " " << s.ToString();
    }
  }
}

TEST(VersionEditTest, WhatIsAcceptedEncodesBack) {
  const std::string bytes = Encode(FullEdit());
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    VersionEdit decoded;
    const Status s = DecodeEdit(damaged, &decoded);
    // A flipped tag may become one that may be skipped: then a field is lost, not changed.
    if (s.ok() && Encode(decoded).size() == damaged.size()) {
      EXPECT_EQ(Encode(decoded), damaged) << bit;
    }
  }
}

TEST(VersionEditTest, RandomBytesAreHarmless) {
  base::Prng prng(20);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(prng.Uniform(60), '\0');
    for (char& c : bytes) c = static_cast<char>(prng.OneIn(2) ? prng.Uniform(32) : prng.Next());
    VersionEdit decoded;
    if (DecodeEdit(bytes, &decoded).ok()) Encode(decoded);
  }
}

TEST(VersionEditTest, UnknownFields) {
  VersionEdit decoded;
  EXPECT_TRUE(DecodeEdit(Field(14, "\x40") + Field(41, "later"), &decoded).ok());
  EXPECT_EQ(decoded.next_file_number, 64u);
  EXPECT_TRUE(DecodeEdit(Field(41, "a") + Field(41, "b"), &decoded).ok());
  const Status s = DecodeEdit(Field(14, "\x40") + Field(40, "later"), &decoded);
  EXPECT_TRUE(s.IsNotSupported());
  EXPECT_EQ(s.message(), "manifest edit, byte 3: field 40 is of a later version of treering");
}

TEST(VersionEditTest, OtherFamiliesAreNotSupported) {
  VersionEdit decoded;
  EXPECT_TRUE(DecodeEdit(Field(24, std::string("\x01\x00\x07", 3)), &decoded).IsNotSupported());
}

TEST(VersionEditTest, MisshapenFieldsAreCorruption) {
  const std::string cases[] = {
      Field(16, "\x01") + Field(14, "\x01"),  // tags descend
      Field(14, "\x01") + Field(14, "\x01"),  // twice
      Field(0, ""),                           // no tag
      Field(14, ""),                          // too short
      Field(14, "\x01\x02"),                  // too long
      Field(2, std::string("\0", 1)),         // no such part
      Field(2, "\x03"),
      Field(4, "short"),
      Field(6, ""),  // nameless comparator
      Field(6, std::string(256, 'c')),
      Field(20, std::string("\0", 1)),                          // number 0
      Field(22, std::string("\x05\0", 2)),                      // no blocks
      Field(24, std::string("\0\x10\x07", 3)),                  // level 16
      Field(24, std::string("\0\x80\x80\x80\x80\x10\x07", 7)),  // level 2^32
      Field(28, std::string(17, '\0')),                         // successor number 0
      std::string("\x0e\xff\xff\xff\xff\x0f", 6),               // length far past the end
      std::string("\x80", 1),
      std::string("\x8e\x00\x01\x40", 4),  // a longer form of tag 14
  };
  for (const std::string& bytes : cases) {
    VersionEdit decoded;
    const Status s = DecodeEdit(bytes, &decoded);
    EXPECT_TRUE(s.IsCorruption()) << testing::PrintToString(bytes) << " " << s.ToString();
  }
}

TEST(VersionEditTest, LimitsHoldOnBothSides) {
  const auto refused = [](const TableMeta& table) {
    VersionEdit edit;
    edit.added_tables = {table};
    std::string out = "kept";
    const Status s = EncodeEdit(edit, &out);
    EXPECT_EQ(out.substr(0, 4), "kept");
    return s.IsInvalidArgument() && out == "kept";
  };
  TableMeta table = MakeTable(0, base::kFileNumberMax, "a", std::string(base::kKeyBytesMax, 'k'));
  table.bytes = base::kTableBytesMax;
  table.largest_sequence = base::kSequenceMax;
  EXPECT_FALSE(refused(table));
  TableMeta bad = table;
  bad.number++;
  EXPECT_TRUE(refused(bad));
  bad = table;
  bad.bytes++;
  EXPECT_TRUE(refused(bad));
  bad = table;
  bad.largest += 'k';
  EXPECT_TRUE(refused(bad));
  bad = table;
  bad.smallest = "1234567";
  EXPECT_TRUE(refused(bad));
  bad = table;
  bad.largest_sequence++;
  EXPECT_TRUE(refused(bad));
  bad = table;
  bad.smallest_sequence = 2;
  bad.largest_sequence = 1;
  EXPECT_TRUE(refused(bad));
  bad = table;
  bad.deletions = bad.entries + 1;
  EXPECT_TRUE(refused(bad));
  bad = table;
  bad.level = base::kLevelCountMax;
  EXPECT_TRUE(refused(bad));
}

TEST(VersionEditTest, TheReplayStartIsBounded) {
  VersionEdit edit;
  std::string out;
  edit.replay_start = ReplayStart{wal::kLsnMax, 0, base::kSequenceMax, 1, kSegmentBlocksMax};
  EXPECT_TRUE(EncodeEdit(edit, &out).ok());
  edit.replay_start->lsn++;
  EXPECT_TRUE(EncodeEdit(edit, &out).IsInvalidArgument());
}

TEST(VersionEditTest, TooLongAnEditIsRefusedByBothSides) {
  VersionEdit edit;
  const TableMeta table = MakeTable(0, 1, "a", std::string(base::kKeyBytesMax, 'k'));
  edit.added_tables.assign(base::kEditBytesMax / base::kKeyBytesMax + 1, table);
  std::string out;
  EXPECT_TRUE(EncodeEdit(edit, &out).IsInvalidArgument());
  edit.added_tables.resize(edit.added_tables.size() - 2);
  ASSERT_TRUE(EncodeEdit(edit, &out).ok());
  const std::string too_long = out + Field(31, std::string(base::kEditBytesMax - out.size(), 'x'));
  VersionEdit decoded;
  EXPECT_TRUE(DecodeEdit(too_long, &decoded).IsCorruption());
}

}  // namespace
}  // namespace treering::manifest
