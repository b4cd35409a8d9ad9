// Direct access, copies and what is known to be durable; crashes are in sim_crash_test.cc.
#include "engine/io/sim_storage.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/io/sim_fixture_testing.h"

namespace treering::io {
namespace {

TEST(SimStorageTest, DirectAccess) {
  SimStorage storage;
  storage.PutFile("/d/a", "hello");
  storage.PutFile("/d/e/b", "world");
  EXPECT_EQ(storage.ListFiles(), (std::vector<std::string>{"/d/a", "/d/e/b"}));
  EXPECT_TRUE(storage.Exists("/d/e"));
  EXPECT_FALSE(storage.Exists("/d/x"));
  storage.OverwriteFile("/d/a", 1, "EL");
  storage.FlipBit("/d/a", 4 * 8 + 5);
  EXPECT_EQ(storage.ReadFile("/d/a"), "hELlO");
  storage.ResizeFile("/d/a", 2);
  EXPECT_EQ(storage.ReadFile("/d/a"), "hE");
  storage.RemoveFile("/d/a");
  EXPECT_FALSE(storage.Exists("/d/a"));
  EXPECT_EQ(storage.io_count(), 0u);
  storage.Restart(CrashKind::kPowerLoss, {PowerPolicy::kDropAll}, 1);
  EXPECT_EQ(storage.ListFiles(), (std::vector<std::string>{"/d/e/b"}));
}

TEST(SimStorageTest, DamageShowsUnderVolatileWrites) {
  SimStorage storage;
  storage.PutFile("/d/a", "aaaa");
  SimProcess process(&storage);
  ASSERT_TRUE(process.Reopen("a").ok());
  ASSERT_EQ(process.Write("a", 0, "bb"), 0);
  storage.FlipBit("/d/a", 3 * 8);
  EXPECT_EQ(storage.ReadFile("/d/a"), "bba`");
  storage.Restart(CrashKind::kPowerLoss, {PowerPolicy::kDropAll}, 1);
  EXPECT_EQ(storage.ReadFile("/d/a"), "aaa`");
}

TEST(SimStorageTest, CopiesAreIndependent) {
  SimStorage storage;
  SimProcess process(&storage);
  ASSERT_TRUE(process.Create("f").ok());
  ASSERT_EQ(process.Write("f", 0, "one"), 0);
  const auto copy = storage.Clone();
  EXPECT_EQ(storage.DifferenceFrom(*copy), "");
  ASSERT_EQ(process.Write("f", 0, "two"), 0);
  EXPECT_EQ(copy->ReadFile("/d/f"), "one");
  EXPECT_EQ(storage.DifferenceFrom(*copy), "/d/f differs at byte 0");
  ASSERT_TRUE(process.Create("g").ok());
  EXPECT_EQ(copy->DifferenceFrom(*copy), "");
  ASSERT_EQ(process.Write("f", 0, "one"), 0);
  EXPECT_EQ(storage.DifferenceFrom(*copy), "/d/g is only in the first");
  EXPECT_EQ(copy->DifferenceFrom(storage), "/d/g is only in the second");
  ASSERT_EQ(process.Truncate("f", 1), 0);
  EXPECT_EQ(storage.DifferenceFrom(*copy), "/d/f has 1 bytes and 3");
  // The copy's volatile operations are its own, too.
  EXPECT_GT(copy->volatile_count(), 0u);
  copy->Restart(CrashKind::kPowerLoss, {PowerPolicy::kKeepAll}, 1);
  EXPECT_EQ(copy->volatile_count(), 0u);
  EXPECT_EQ(copy->ReadFile("/d/f"), "one");
  EXPECT_FALSE(storage.crashed());
}

TEST(SimStorageTest, ACopyOfACrashKeepsWhatWasInFlight) {
  SimStorage storage;
  SimProcess process(&storage);
  ASSERT_TRUE(process.Create("f").ok());
  ASSERT_TRUE(process.directory().Sync().ok());
  storage.CrashAt(storage.io_count());
  EXPECT_EQ(process.Write("f", 0, "inflight"), ESHUTDOWN);
  const auto copy = storage.Clone();
  EXPECT_EQ(copy->volatile_count(), 1u);
  copy->Restart(CrashKind::kPowerLoss, {PowerPolicy::kKeepAll}, 1);
  EXPECT_EQ(copy->ReadFile("/d/f"), "inflight");
  EXPECT_EQ(storage.ReadFile("/d/f"), "");
}

TEST(SimStorageTest, WhatIsDurableWhen) {
  SimStorage storage;
  SimProcess process(&storage);
  ASSERT_TRUE(process.Create("f").ok());
  ASSERT_EQ(process.Write("f", 0, "x"), 0);
  EXPECT_FALSE(storage.DurableNow("/d/f"));
  ASSERT_EQ(process.Sync("f"), 0);
  EXPECT_FALSE(storage.DurableNow("/d/f"));  // its name is not
  const uint64_t before = storage.io_count();
  ASSERT_TRUE(process.directory().Sync().ok());
  EXPECT_TRUE(storage.DurableNow("/d/f"));
  EXPECT_FALSE(storage.DurableAt("/d/f", before));
  EXPECT_TRUE(storage.DurableAt("/d/f", before + 1));
  ASSERT_EQ(process.Write("f", 0, "y"), 0);
  EXPECT_FALSE(storage.DurableNow("/d/f"));
  EXPECT_TRUE(storage.DurableAt("/d/f", before + 1));
  ASSERT_EQ(process.Sync("f"), 0);
  EXPECT_TRUE(storage.DurableNow("/d/f"));
  ASSERT_TRUE(process.directory().Rename("f", "g").ok());
  EXPECT_FALSE(storage.DurableNow("/d/g"));
  ASSERT_TRUE(process.directory().Sync().ok());
  EXPECT_TRUE(storage.DurableNow("/d/g"));
  EXPECT_FALSE(storage.DurableNow("/d/f"));
  EXPECT_FALSE(storage.DurableNow("/d/none"));
}

TEST(SimStorageTest, AMappedStoreIsNotDurable) {
  SimStorage storage;
  storage.PutFile("/d/tail", std::string(kPageBytes, '\0'));
  SimProcess process(&storage);
  EXPECT_TRUE(storage.DurableNow("/d/tail"));
  auto map = process.directory().Map("tail", kPageBytes, /*lock=*/false);
  ASSERT_TRUE(map.ok());
  const std::string text = "record";
  (*map)->Store(10, std::as_bytes(std::span(text)));
  EXPECT_EQ(storage.store_count(), 1u);
  EXPECT_FALSE(storage.DurableNow("/d/tail"));
  ASSERT_TRUE(process.Reopen("tail").ok());
  ASSERT_EQ(process.Sync("tail"), 0);
  EXPECT_TRUE(storage.DurableNow("/d/tail"));
  // A write through the file is seen in the mapping.
  ASSERT_EQ(process.Write("tail", 10, "RE"), 0);
  EXPECT_EQ((*map)->data()[10], std::byte{'R'});
}

}  // namespace
}  // namespace treering::io
