#include "engine/wal/group.h"

#include <gtest/gtest.h>

#include <vector>

namespace treering::wal {
namespace {

class GroupParserTest : public ::testing::Test {
 protected:
  void Start(key::Sequence replayed) {
    parser_.emplace(replayed, [this](const GroupHeader& header, const Slice& payload) {
      seen_ += std::to_string(header.first_sequence) + "+" + std::to_string(header.count) + ":" +
               payload.ToString() + " ";
      return visitor_status_;
    });
  }
  static std::string Encoded(key::Sequence first, uint32_t count, const std::string& payload) {
    const auto header = EncodeGroupHeader({static_cast<uint32_t>(payload.size()), first, count});
    return std::string(reinterpret_cast<const char*>(header.data()), header.size()) + payload;
  }
  Status Add(const std::string& bytes) {
    return parser_->Add(std::as_bytes(std::span<const char>(bytes)));
  }

  std::optional<GroupParser> parser_;
  std::string seen_;
  Status visitor_status_;
};

TEST_F(GroupParserTest, GroupsComeOutWholeWhereverTheyAreCut) {
  const std::string stream = Encoded(1, 2, "abcd") + Encoded(3, 1, "ef") + Encoded(4, 1, "gh");
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    seen_.clear();
    Start(0);
    ASSERT_TRUE(Add(stream.substr(0, cut)).ok());
    ASSERT_TRUE(Add(stream.substr(cut)).ok());
    EXPECT_EQ(seen_, "1+2:abcd 3+1:ef 4+1:gh ") << cut;
    EXPECT_TRUE(parser_->at_group_end());
    EXPECT_EQ(parser_->last_sequence(), 4u);
  }
}

TEST_F(GroupParserTest, AGroupThatIsNotWholeStaysBack) {
  Start(0);
  const std::string group = Encoded(1, 1, "abcd");
  ASSERT_TRUE(Add(group.substr(0, group.size() - 1)).ok());
  EXPECT_EQ(seen_, "");
  EXPECT_EQ(parser_->pending_bytes(), group.size() - 1);
  EXPECT_EQ(parser_->last_sequence(), 0u);
}

TEST_F(GroupParserTest, WhatIsReplayedAlreadyIsPassedOver) {
  Start(4);
  ASSERT_TRUE(Add(Encoded(2, 3, "abcdef") + Encoded(5, 1, "gh")).ok());
  EXPECT_EQ(seen_, "5+1:gh ");
  EXPECT_EQ(parser_->groups(), 1u);
}

TEST_F(GroupParserTest, OldGroupsAloneLeaveTheReplayedSequence) {
  Start(9);
  ASSERT_TRUE(Add(Encoded(2, 3, "abcdef")).ok());
  EXPECT_EQ(parser_->last_sequence(), 9u);
}

TEST_F(GroupParserTest, HolesAreCorruption) {
  Start(4);
  EXPECT_EQ(Add(Encoded(6, 1, "ab")).ToString(),
            "Corruption: group sequence: expected at most 5, found 6");
  Start(0);
  EXPECT_EQ(Add(Encoded(1, 1, "ab") + Encoded(3, 1, "cd")).ToString(),
            "Corruption: group sequence: expected 2, found 3");
  Start(0);
  EXPECT_EQ(Add(Encoded(1, 2, "abcd") + Encoded(2, 1, "cd")).ToString(),
            "Corruption: group sequence: expected 3, found 2");
}

TEST_F(GroupParserTest, TheVisitorsErrorEndsIt) {
  Start(0);
  visitor_status_ = Status::OutOfMemory("full");
  EXPECT_TRUE(Add(Encoded(1, 1, "ab")).IsOutOfMemory());
}

TEST(GroupHeaderCheck, HoldsTheLimits) {
  const uint32_t bytes_max = kGroupPayloadBytesMax;
  EXPECT_EQ(CheckGroupHeader({2, 1, 1}), "");
  EXPECT_EQ(CheckGroupHeader({bytes_max, 1, bytes_max / 2}), "");
  EXPECT_EQ(CheckGroupHeader({bytes_max + 1, 1, 1}),
            "group length: expected 1 to 268435456, found 268435457");
  EXPECT_NE(CheckGroupHeader({0, 1, 1}), "");
  EXPECT_NE(CheckGroupHeader({2, 1, 0}), "");
  EXPECT_NE(CheckGroupHeader({2, 1, 2}), "");
  EXPECT_NE(CheckGroupHeader({2, 0, 1}), "");
  EXPECT_EQ(CheckGroupHeader({4, base::kSequenceMax - 1, 2}), "");
  EXPECT_NE(CheckGroupHeader({4, base::kSequenceMax, 2}), "");
  EXPECT_NE(CheckGroupHeader({4, UINT64_MAX, 2}), "");
}

}  // namespace
}  // namespace treering::wal
