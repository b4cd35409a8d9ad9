// A cleanly closed small database, damaged one bit at a time: every answer is the true one or an
// error, never other data. A sample; every bit, with a list of what nothing reads, is
// every_bit_test's.
#include <gtest/gtest.h>

#include <iostream>
#include <map>

#include "engine/base/prng.h"
#include "engine/base/sanitizers.h"
#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

constexpr uint64_t kBlockBytes = 4096;
constexpr uint64_t kHeaderBytes = 128;  // of each block: a bit of every second byte
#if TREERING_UNDER_ASAN || TREERING_UNDER_TSAN
constexpr uint64_t kEvery = 40;
#else
constexpr uint64_t kEvery = 4;  // and of four times as few of the others
#endif

class FlipTest : public ::testing::Test {
 protected:
  FlipTest() {
    SimDb db;
    EXPECT_TRUE(db.Open(&storage_, SimDb::SmallOptions()).ok());
    for (int i = 0; i < 60; ++i) {
      EXPECT_TRUE(
          db->Put("key" + std::to_string(i), "value" + std::to_string(i) + std::string(200, 'v'))
              .ok());
      if (i == 40) {
        EXPECT_TRUE(db->Flush().ok());
      }
    }
    EXPECT_TRUE(db->Delete("key7").ok());
    EXPECT_TRUE(ReadAll(db.db.get(), &content_).ok());
    EXPECT_TRUE(db.Close().ok());
  }

  // True when the damage was noticed.
  bool CheckDamaged(io::SimStorage* storage) {
    SimDb db;
    Status status = db.Open(storage, SimDb::SmallOptions());
    Content content;
    if (status.ok()) status = ReadAll(db.db.get(), &content);
    if (status.ok()) {
      EXPECT_TRUE(content == content_);
      return false;
    }
    EXPECT_TRUE(status.IsCorruption() || status.IsNotSupported() || status.IsInvalidArgument())
        << status.ToString();
    return true;
  }

  io::SimStorage storage_;
  Content content_;
};

TEST_F(FlipTest, EveryAnswerIsTrueOrAnError) {
  base::Prng prng(1);
  std::map<std::string, std::pair<uint64_t, uint64_t>> noticed;  // by kind of file: noticed, all
  for (const std::string& path : storage_.ListFiles()) {
    const std::string bytes = storage_.ReadFile(path);
    std::string kind = path.substr(path.find_last_of('/') + 1);
    if (kind.find('.') != std::string::npos) kind = kind.substr(kind.find('.'));
    for (uint64_t at = 0; at < bytes.size() && !HasFailure(); ++at) {
      const bool in_header = at % kBlockBytes < kHeaderBytes && (at < 32 * kBlockBytes);
      if (in_header ? prng.Uniform(kEvery) >= 2 : bytes[at] == 0 || !prng.OneIn(4 * kEvery))
        continue;
      SCOPED_TRACE(path + " at " + std::to_string(at));
      const auto damaged = storage_.Clone();
      damaged->FlipBit(path, at * 8 + prng.Uniform(8));
      auto& [found, all] = noticed[kind];
      found += CheckDamaged(damaged.get());
      ++all;
    }
  }
  for (const auto& [kind, counts] : noticed) {
    std::cout << kind << ": " << counts.first << " of " << counts.second << " flips noticed\n";
    EXPECT_GT(counts.second, 0u);
  }
  EXPECT_GT(noticed[".sst"].first, noticed[".sst"].second / 2);
}

// The log is cut to where it was acknowledged or refused, whatever its length is.
TEST_F(FlipTest, EveryTruncationIsTrueOrAnError) {
  for (const std::string& path : storage_.ListFiles()) {
    const uint64_t size = storage_.ReadFile(path).size();
    for (uint64_t left = 0; left < size && !HasFailure(); left += 2'048) {
      SCOPED_TRACE(path + " cut to " + std::to_string(left));
      const auto damaged = storage_.Clone();
      damaged->ResizeFile(path, left);
      CheckDamaged(damaged.get());
    }
  }
}

TEST_F(FlipTest, EveryMissingFileIsTrueOrAnError) {
  for (const std::string& path : storage_.ListFiles()) {
    SCOPED_TRACE(path);
    const auto damaged = storage_.Clone();
    damaged->RemoveFile(path);
    CheckDamaged(damaged.get());
  }
}

}  // namespace
}  // namespace treering::testing
