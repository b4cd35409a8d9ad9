#include "engine/base/logger.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/thread.h"

namespace treering::base {
namespace {

class HandClock : public Clock {
 public:
  uint64_t NowNanos() override { return nanos; }
  uint64_t WallMicros() override { return 1'772'516'645'000'007 + nanos / 1000; }
  uint64_t nanos = 0;
};

class LoggerTest : public testing::Test {
 protected:
  HandClock clock_;
  std::vector<std::string> lines_;
  Logger logger_{[this](std::string_view line) { lines_.emplace_back(line); }, LogLevel::kInfo,
                 &clock_};
};

TEST_F(LoggerTest, ALineHasTimeLevelAndMessage) {
  logger_.Info("opened in %d ms", 7);
  logger_.Warning("%s is full", "/data");
  logger_.Error("gone");
  EXPECT_EQ(lines_, (std::vector<std::string>{"2026-03-03T05:44:05.000007Z I opened in 7 ms",
                                              "2026-03-03T05:44:05.000007Z W /data is full",
                                              "2026-03-03T05:44:05.000007Z E gone"}));
}

TEST_F(LoggerTest, LowerLevelsAreDropped) {
  logger_.Log(LogLevel::kDebug, "detail");
  EXPECT_TRUE(lines_.empty());
  EXPECT_FALSE(logger_.Enabled(LogLevel::kDebug));
  EXPECT_TRUE(logger_.Enabled(LogLevel::kInfo));
}

TEST_F(LoggerTest, AnEmptySinkTakesNothing) {
  Logger silent(nullptr, LogLevel::kDebug, &clock_);
  EXPECT_FALSE(silent.Enabled(LogLevel::kError));
  silent.Error("nobody hears");
}

TEST_F(LoggerTest, AMessageCannotForgeASecondLine) {
  logger_.Info("name %s", "a\nI forged\x1b[31m\x7f, r\xc3\xa9sum\xc3\xa9");
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0].substr(28), "I name a?I forged?[31m?, r\xc3\xa9sum\xc3\xa9");
}

TEST_F(LoggerTest, LongMessagesAreCut) {
  logger_.Info("%s", std::string(5000, 'x').c_str());
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0].size(), 30 + Logger::kMessageBytesMax);
}

TEST_F(LoggerTest, RepeatsAreLeftOutAndCounted) {
  for (int i = 0; i < 100; ++i) logger_.Warning("write %d failed", i);
  EXPECT_EQ(lines_.size(), Logger::kBurst);
  logger_.Info("another format passes");
  EXPECT_EQ(lines_.size(), Logger::kBurst + 1);

  clock_.nanos += Logger::kIntervalNanos - 1;
  logger_.Warning("write %d failed", 100);
  EXPECT_EQ(lines_.size(), Logger::kBurst + 1);
  clock_.nanos += 1;
  logger_.Warning("write %d failed", 101);
  ASSERT_EQ(lines_.size(), Logger::kBurst + 2);
  EXPECT_NE(lines_.back().find("W write 101 failed (93 like this left out)"), std::string::npos)
      << lines_.back();
  logger_.Warning("write %d failed", 102);
  EXPECT_EQ(lines_.back().find("left out"), std::string::npos);
}

TEST_F(LoggerTest, MoreFormatsThanAreRememberedStillPass) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const std::string format = "format " + std::to_string(i) + " of %d";
    logger_.Info(format.c_str(), 200);
  }
  for (const std::string& line : lines_) seen.insert(line);
  EXPECT_EQ(seen.size(), 200u);
}

TEST(LoggerThreadsTest, ThreadsMayLogAtOnce) {
  Mutex mutex;
  std::vector<std::string> lines;
  Logger logger(
      [&](std::string_view line) {
        MutexLock lock(&mutex);
        lines.emplace_back(line);
      },
      LogLevel::kInfo, SystemClock());
  std::vector<Thread> threads(3);
  for (Thread& thread : threads) {
    ASSERT_TRUE(Thread::Start(
                    "logger",
                    [&] {
                      for (int i = 0; i < 100; ++i) logger.Info("step %d", i);
                    },
                    &thread)
                    .ok());
  }
  for (Thread& thread : threads) thread.Join();
  EXPECT_EQ(lines.size(), Logger::kBurst);
}

}  // namespace
}  // namespace treering::base
