#include "engine/io/sim_content.h"

#include <gtest/gtest.h>

#include <string>

namespace treering::io {
namespace {

// A file whose operations get their sequences and completions from the test.
class SimContentTest : public testing::Test {
 protected:
  static std::shared_ptr<const std::vector<std::byte>> BytesOf(const std::string& text) {
    const auto bytes = std::as_bytes(std::span(text));
    return std::make_shared<const std::vector<std::byte>>(bytes.begin(), bytes.end());
  }
  static std::string TextOf(const SimImage& image) {
    std::string text(image.size(), '?');
    image.Read(0, std::as_writable_bytes(std::span(text)));
    return text;
  }
  void Write(uint64_t sequence, uint64_t offset, const std::string& text,
             SimDataKind kind = SimDataKind::kWrite) {
    content_.Land({.kind = kind, .offset = offset, .bytes = BytesOf(text), .sequence = sequence});
  }
  void Truncate(uint64_t sequence, uint64_t size) {
    content_.Land({.kind = SimDataKind::kTruncate, .size = size, .sequence = sequence});
  }
  std::string Current() const { return TextOf(content_.current()); }
  std::string Stable() const { return TextOf(content_.stable()); }

  SimContent content_;
};

TEST_F(SimContentTest, ASyncCoversWhatHadCompleted) {
  Write(1, 0, "aaaa");
  Write(2, 4, "bbbb");
  content_.Complete(2, 10);
  content_.Sync(10);
  EXPECT_EQ(Stable(), std::string("\0\0\0\0bbbb", 8));
  EXPECT_EQ(Current(), "aaaabbbb");
  EXPECT_FALSE(content_.clean());
  content_.Complete(1, 11);
  content_.Sync(10);
  EXPECT_FALSE(content_.clean());
  content_.Sync(11);
  EXPECT_TRUE(content_.clean());
  EXPECT_EQ(Stable(), "aaaabbbb");
}

TEST_F(SimContentTest, WhatLiesUnderDurableBytesCannotComeBack) {
  Write(1, 0, "aaaa");  // never completes
  Write(2, 2, "bbbb");
  content_.Complete(2, 1);
  content_.Sync(1);
  EXPECT_TRUE(content_.clean());
  EXPECT_EQ(Stable(), "aabbbb");
}

TEST_F(SimContentTest, ATruncateCoversAllBehindIt) {
  Write(1, 100, "aaaa");
  Write(2, 0, "bb");
  Truncate(3, 50);
  content_.Complete(3, 1);
  content_.Sync(1);
  ASSERT_EQ(content_.volatile_ops().size(), 1u);
  EXPECT_EQ(content_.volatile_ops()[0].sequence, 2u);
  EXPECT_EQ(Stable(), std::string(50, '\0'));
}

TEST_F(SimContentTest, LostWritesShowUntilReread) {
  Write(1, 0, "aaaa");
  content_.Complete(1, 1);
  content_.Sync(1);
  Write(2, 0, "bb");
  content_.Complete(2, 2);
  content_.Lose(2);
  EXPECT_FALSE(content_.clean());
  EXPECT_EQ(Current(), "bbaa");
  EXPECT_EQ(Stable(), "aaaa");
  Write(3, 3, "c");
  content_.Complete(3, 3);
  content_.Sync(3);
  EXPECT_EQ(Stable(), "aaac");
  content_.Reread();
  EXPECT_EQ(Current(), "aaac");
  EXPECT_TRUE(content_.clean());
}

TEST_F(SimContentTest, ManyStoresAreWrittenBackInPart) {
  content_.Land({.kind = SimDataKind::kAllocate, .size = 4096, .sequence = 1});
  content_.Complete(1, 1);
  content_.Sync(1);
  for (uint64_t i = 0; i < 20000; ++i) {
    Write(i + 2, i % 4000, std::to_string(i % 10), SimDataKind::kStore);
  }
  EXPECT_LT(content_.volatile_ops().size(), 20000u);
  SimImage rebuilt = content_.stable();
  for (const SimDataOp& op : content_.volatile_ops()) op.ApplyTo(&rebuilt);
  EXPECT_EQ(rebuilt, content_.current());
}

}  // namespace
}  // namespace treering::io
