#include "tools/kvctl/output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace treering::kvctl {
namespace {

class OutputTest : public testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    ASSERT_EQ(pipe(ends_), 0);
    // So that a test that reads too much fails instead of hanging.
    ASSERT_EQ(fcntl(ends_[0], F_SETFL, O_NONBLOCK), 0);
  }
  void TearDown() override {
    close(ends_[0]);
    close(ends_[1]);
  }

  std::string Arrived() {
    std::string bytes(1 << 20, '\0');
    const ssize_t n = read(ends_[0], bytes.data(), bytes.size());
    bytes.resize(n < 0 ? 0 : static_cast<size_t>(n));
    return bytes;
  }

  int ends_[2] = {-1, -1};
};

TEST_F(OutputTest, TheFirstBytesLeaveAtOnce) {
  Output out(ends_[1], "pipe");
  EXPECT_TRUE(out.Write("one\n"));
  EXPECT_EQ(Arrived(), "one\n");
}

TEST_F(OutputTest, TheRestLeavesWhenFlushedOrDestroyed) {
  {
    Output out(ends_[1], "pipe");
    EXPECT_TRUE(out.Write("a"));
    EXPECT_TRUE(out.Write("b"));
    EXPECT_TRUE(out.Flush().ok());
    EXPECT_EQ(Arrived(), "ab");
    EXPECT_TRUE(out.Write("c"));
  }
  EXPECT_EQ(Arrived(), "c");
}

TEST_F(OutputTest, AReaderThatIsGoneIsSaidOnce) {
  close(ends_[0]);
  Output out(ends_[1], "pipe");
  EXPECT_FALSE(out.Write("one"));
  EXPECT_TRUE(out.reader_is_gone());
  EXPECT_FALSE(out.Write("two"));
  ends_[0] = open("/dev/null", O_RDONLY);
}

TEST_F(OutputTest, AFullDeviceIsAnErrorWithItsName) {
  const int full = open("/dev/full", O_WRONLY);
  ASSERT_GE(full, 0);
  Output out(full, "/dev/full");
  EXPECT_FALSE(out.Write("one"));
  EXPECT_FALSE(out.reader_is_gone());
  EXPECT_NE(out.status().message().find("/dev/full"), std::string::npos);
  close(full);
}

}  // namespace
}  // namespace treering::kvctl
