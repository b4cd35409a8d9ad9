#include "bench/flags.h"

#include <gtest/gtest.h>

#include "bench/rocksdb_flags.h"

namespace treering::bench {
namespace {

class FlagsTest : public ::testing::Test {
 protected:
  FlagsTest() {
    flags_.Add("sync", &sync_, "sync each write");
    flags_.Add("threads", &threads_, "threads");
    flags_.Add("num", &num_, "entries");
    flags_.Add("budget", &budget_, "bytes");
    flags_.Add("ratio", &ratio_, "ratio");
    flags_.Add("db", &db_, "directory");
    flags_.Add("undefok", &undefok_, "names");
    AddRocksDbFlags(&flags_);
  }
  std::string Parse(const std::vector<std::string>& arguments) {
    const Status status = flags_.Parse(arguments);
    return status.ok() ? "" : std::string(status.message());
  }

  FlagSet flags_;
  bool sync_ = false;
  int32_t threads_ = 1;
  int64_t num_ = 1000;
  uint64_t budget_ = 7;
  double ratio_ = 0.5;
  std::string db_ = "here";
  std::string undefok_;
};

TEST_F(FlagsTest, EveryFormThatGflagsTakes) {
  EXPECT_EQ(Parse({"-sync", "--threads=4", "--num", "-5", "-budget=9", "--ratio=.25", "--db", "x"}),
            "");
  EXPECT_TRUE(sync_);
  EXPECT_EQ(threads_, 4);
  EXPECT_EQ(num_, -5);
  EXPECT_EQ(budget_, 9u);
  EXPECT_EQ(ratio_, 0.25);
  EXPECT_EQ(db_, "x");
  EXPECT_TRUE(flags_.warnings().empty());
  EXPECT_EQ(Parse({"--nosync"}), "");
  EXPECT_FALSE(sync_);
  EXPECT_EQ(Parse({"--sync=YES"}), "");
  EXPECT_TRUE(sync_);
  EXPECT_EQ(Parse({"--sync=0"}), "");
  EXPECT_FALSE(sync_);
}

TEST_F(FlagsTest, KnowsWhatWasNamed) {
  EXPECT_EQ(Parse({"--num=1000"}), "");
  EXPECT_TRUE(flags_.IsSet("num"));
  EXPECT_FALSE(flags_.IsSet("threads"));
}

TEST_F(FlagsTest, BadValuesAreErrors) {
  EXPECT_EQ(Parse({"--num=abc"}), "--num=abc: must be a 64-bit integer");
  EXPECT_EQ(Parse({"--num=10k"}), "--num=10k: must be a 64-bit integer");
  EXPECT_EQ(Parse({"--num="}), "--num=: must be a 64-bit integer");
  EXPECT_EQ(Parse({"--threads=3000000000"}), "--threads=3000000000: must be a 32-bit integer");
  EXPECT_EQ(Parse({"--budget=-1"}), "--budget=-1: must be an unsigned 64-bit integer");
  EXPECT_EQ(Parse({"--ratio=nan"}), "--ratio=nan: must be a number");
  EXPECT_EQ(Parse({"--sync=maybe"}), "--sync=maybe: must be a bool (true or false)");
  EXPECT_EQ(Parse({"--num"}), "--num needs a value");
}

TEST_F(FlagsTest, UnknownFlagsAreErrorsUnlessAllowed) {
  EXPECT_EQ(Parse({"--nosuchflag=1"}), "unknown flag --nosuchflag; --help lists them");
  EXPECT_EQ(Parse({"--nonum"}), "unknown flag --nonum; --help lists them");
  EXPECT_EQ(Parse({"fillseq"}), "'fillseq' is no flag; flags begin with --");
  EXPECT_EQ(Parse({"--nosuchflag=1", "--undefok=other,nosuchflag"}), "");
  EXPECT_EQ(Parse({"--nosuchflag=1", "--undefok", "nosuchflag"}), "");
}

TEST_F(FlagsTest, ForeignFlagsWarnOnce) {
  EXPECT_EQ(Parse({"--universal_size_ratio=1", "-universal_size_ratio=2", "--use_adaptive_mutex"}),
            "");
  ASSERT_EQ(flags_.warnings().size(), 2u);
  EXPECT_EQ(flags_.warnings()[0],
            "--universal_size_ratio is a flag of RocksDB's without counterpart; ignored");
  EXPECT_EQ(Parse({"--universal_size_ratio=x"}), "--universal_size_ratio=x: must be a number");
}

TEST_F(FlagsTest, HelpNamesEachFlagWithItsDefault) {
  const std::string help = flags_.Help();
  EXPECT_NE(help.find("--num=1000\n        entries\n"), std::string::npos) << help;
  EXPECT_NE(help.find("--ratio=0.5\n"), std::string::npos) << help;
  EXPECT_EQ(help.find("universal_size_ratio"), std::string::npos) << help;
}

}  // namespace
}  // namespace treering::bench
