#include "bench/settings.h"

#include <gtest/gtest.h>

namespace treering::bench {
namespace {

Result<Settings> Make(const std::vector<std::string>& arguments) {
  BenchFlags values;
  FlagSet flags;
  AddFlags(&values, &flags);
  if (Status status = flags.Parse(arguments); !status.ok()) return status;
  if (Status status = CheckFlags(values); !status.ok()) return status;
  return MakeSettings(values, flags);
}

Settings Good(const std::vector<std::string>& arguments) {
  Result<Settings> settings = Make(arguments);
  EXPECT_TRUE(settings.ok()) << settings.status().ToString();
  return settings.ok() ? *settings : Settings();
}

std::string Error(const std::vector<std::string>& arguments) {
  const Result<Settings> settings = Make(arguments);
  return settings.ok() ? "" : std::string(settings.status().message());
}

TEST(SettingsTest, WithoutFlagsTheLibrarysDefaults) {
  const Settings settings = Good({});
  const RuntimeOptions runtime;
  const Options options;
  EXPECT_EQ(settings.runtime.memory_budget, runtime.memory_budget);
  EXPECT_EQ(settings.runtime.background_threads, runtime.background_threads);
  EXPECT_EQ(settings.options.durability, Durability::kProcess);
  EXPECT_EQ(settings.options.memtable_bytes, options.memtable_bytes);
  EXPECT_EQ(settings.options.bloom_bits_per_key, options.bloom_bits_per_key);
  EXPECT_EQ(settings.options.block_bytes, options.block_bytes);
  EXPECT_TRUE(settings.options.create_if_missing);
  EXPECT_TRUE(settings.warnings.empty());
}

TEST(SettingsTest, TheBudgetIsTheSumOfRocksDbsMemory) {
  EXPECT_EQ(Good({"--cache_size=268435456"}).runtime.memory_budget, 384ull << 20);
  EXPECT_EQ(
      Good({"--write_buffer_size=1048576", "--max_write_buffer_number=4"}).runtime.memory_budget,
      12ull << 20);
  EXPECT_EQ(Good({"--cache_size=1", "--treering_memory_budget=99"}).runtime.memory_budget, 99u);
  EXPECT_EQ(Good({"--write_buffer_size=1048576"}).options.memtable_bytes, 1u << 20);
}

TEST(SettingsTest, DurabilityFollowsSyncAndDisableWal) {
  EXPECT_EQ(Good({"--sync"}).options.durability, Durability::kDisk);
  const Settings off = Good({"--disable_wal=1"});
  EXPECT_EQ(off.options.durability, Durability::kMemory);
  EXPECT_EQ(off.options.log, LogMode::kOff);
  EXPECT_EQ(Good({"--treering_durability=memory"}).options.durability, Durability::kMemory);
  EXPECT_EQ(Good({"--treering_log=write"}).options.log, LogMode::kWrite);
  EXPECT_EQ(Error({"--treering_log=mapped"}),
            "--treering_log=mapped: must be one of auto, tail, write, off");
  EXPECT_EQ(Error({"--treering_io=aio"}), "--treering_io=aio: must be one of auto, uring, posix");
}

TEST(SettingsTest, FlagsThatContradictEachOtherAreErrors) {
  const auto contradict = [](const std::string& one, const std::string& other) {
    EXPECT_EQ(Error({one, other}), one + " and " + other + " contradict each other");
    EXPECT_EQ(Error({other, one}), one + " and " + other + " contradict each other");
  };
  contradict("--sync", "--disable_wal");
  contradict("--sync", "--treering_log=off");
  contradict("--sync", "--treering_durability=memory");
  contradict("--sync", "--treering_durability=process");
  contradict("--sync=false", "--treering_durability=disk");
  contradict("--disable_wal", "--treering_log=tail");
  contradict("--disable_wal", "--treering_log=auto");
  contradict("--disable_wal", "--treering_durability=process");
  contradict("--disable_wal=false", "--treering_log=off");
  contradict("--treering_log=off", "--treering_durability=disk");
  Good({"--sync", "--treering_durability=disk", "--treering_log=write"});
  Good({"--disable_wal", "--treering_log=off", "--treering_durability=memory"});
  Good({"--sync=false", "--disable_wal=false", "--treering_durability=memory"});
}

TEST(SettingsTest, CompressionIsNoneUnlessNamed) {
  EXPECT_TRUE(Good({"--compression_type=none"}).options.compression_per_level.empty());
  EXPECT_EQ(Error({"--compression_type=lz4"}),
            "--compression_type=lz4 is not in this build yet; none is");
  EXPECT_EQ(Error({"--compression_type=zstd"}),
            "--compression_type=zstd is not in this build yet; none is");
  EXPECT_NE(Error({"--compression_type=snappy"}).find("lz4"), std::string::npos);
  EXPECT_EQ(Error({"--compression_type=zlib"}),
            "--compression_type=zlib: must be one of none, lz4, zstd");
}

TEST(SettingsTest, WhatIsFixedWarnsOnce) {
  const Settings settings =
      Good({"--use_direct_reads=false", "--verify_checksum=0", "--open_files=100"});
  ASSERT_EQ(settings.warnings.size(), 3u);
  EXPECT_EQ(settings.warnings[0],
            "--use_direct_reads=false is ignored: treering reads with O_DIRECT");
  EXPECT_TRUE(Good({"--use_direct_reads=true", "--open_files=-1"}).warnings.empty());
}

TEST(SettingsTest, TheTreesShape) {
  const Settings settings =
      Good({"--bloom_bits=0", "--block_size=8192", "--target_file_size_base=1048576",
            "--max_bytes_for_level_base=5000000", "--max_bytes_for_level_multiplier=8",
            "--level0_file_num_compaction_trigger=2", "--max_background_jobs=3",
            "--disable_auto_compactions"});
  EXPECT_EQ(settings.options.bloom_bits_per_key, 0u);
  EXPECT_EQ(settings.options.block_bytes, 8192u);
  EXPECT_EQ(settings.options.table_bytes, 1u << 20);
  EXPECT_EQ(settings.options.level_base_bytes, 5000000u);
  EXPECT_EQ(settings.options.level_multiplier, 8u);
  EXPECT_EQ(settings.options.level0_trigger, 2u);
  EXPECT_EQ(settings.runtime.background_threads, 3u);
  EXPECT_TRUE(settings.options.disable_auto_compactions);
}

TEST(SettingsTest, WhatTheEngineRefusesIsAnErrorThatNamesTheFlag) {
  EXPECT_EQ(Error({"--block_size=1000"}),
            "--block_size=1000: option block_bytes is 1000, must be 4096 to 65536");
  EXPECT_EQ(Error({"--bloom_bits=99"}),
            "--bloom_bits=99: option bloom_bits_per_key is 99, must be 0 to 32");
  EXPECT_EQ(Error({"--write_buffer_size=100"}).find("--write_buffer_size=100: option memtable_"),
            0u);
  EXPECT_EQ(Error({"--max_bytes_for_level_multiplier=1"}),
            "--max_bytes_for_level_multiplier=1: option level_multiplier is 1, must be 2 to 100");
  EXPECT_EQ(Error({"--level0_file_num_compaction_trigger=65"}).find("--level0_file_num"), 0u);
  EXPECT_EQ(Error({"--target_file_size_base=1"}).find("--target_file_size_base=1: "), 0u);
  EXPECT_EQ(Error({"--max_bytes_for_level_base=1"}).find("--max_bytes_for_level_base=1: "), 0u);
}

TEST(SettingsTest, ErrorsOfTheRuntimeNameTheFlagToo) {
  const Status budget = Status::InvalidArgument("memory_budget is 99; it must be more");
  EXPECT_EQ(NameFlag(Good({"--treering_memory_budget=99"}), budget).message(),
            "--treering_memory_budget=99: memory_budget is 99; it must be more");
  EXPECT_EQ(NameFlag(Good({"--cache_size=7"}), budget).message(),
            "--cache_size=7 + --write_buffer_size=67108864 x --max_write_buffer_number=2: "
            "memory_budget is 99; it must be more");
  EXPECT_EQ(NameFlag(Good({}), budget).message(), budget.message());
  EXPECT_EQ(NameFlag(Good({}), Status::IoError("memory_budget is x")).message(),
            "memory_budget is x");
}

TEST(SettingsTest, ValuesOutOfRangeAreErrors) {
  EXPECT_EQ(Error({"--threads=0"}), "--threads=0: must be 1 to 4096");
  EXPECT_EQ(Error({"--key_size=-1"}), "--key_size=-1: must be 1 to 65534");
  EXPECT_EQ(Error({"--compression_ratio=2"}), "--compression_ratio must be 0 to 1");
}

}  // namespace
}  // namespace treering::bench
