#include "tools/kvctl/line_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <vector>

#include "tools/kvctl/text_input_testing.h"

namespace treering::kvctl {
namespace {

std::vector<std::string> Lines(std::string_view text) {
  TextInput input(text);
  LineReader reader(input.fd());
  std::vector<std::string> lines;
  std::string_view line;
  while (*reader.Next(&line)) {
    lines.emplace_back(line);
    EXPECT_EQ(reader.line_number(), lines.size());
  }
  return lines;
}

TEST(LineReader, LinesWithAndWithoutALastNewline) {
  using Expected = std::vector<std::string>;
  EXPECT_EQ(Lines(""), Expected({}));
  EXPECT_EQ(Lines("\n"), Expected({""}));
  EXPECT_EQ(Lines("a\n\nb"), Expected({"a", "", "b"}));
  EXPECT_EQ(Lines("a\nb\n"), Expected({"a", "b"}));
  EXPECT_EQ(Lines(std::string_view("a\0b\n", 4)), Expected({std::string("a\0b", 3)}));
}

TEST(LineReader, LinesAcrossManyReads) {
  std::string text;
  std::vector<std::string> expected;
  for (size_t i = 0; i < 40; ++i) {
    expected.push_back(std::string(i * 7919 % 60'000, static_cast<char>('a' + i % 26)));
    text += expected.back() + "\n";
  }
  expected.push_back(std::string(3 * LineReader::kReadBytes + 1, 'z'));
  text += expected.back();
  EXPECT_EQ(Lines(text), expected);
}

TEST(LineReader, PeekLeavesTheLine) {
  TextInput input("one\ntwo\n");
  LineReader reader(input.fd());
  std::string_view line;
  EXPECT_TRUE(*reader.Peek(&line));
  EXPECT_EQ(line, "one");
  EXPECT_EQ(reader.line_number(), 0u);
  EXPECT_TRUE(*reader.Next(&line));
  EXPECT_EQ(line, "one");
  EXPECT_TRUE(*reader.Next(&line));
  EXPECT_EQ(line, "two");
  EXPECT_EQ(reader.bytes_done(), 8u);
  EXPECT_FALSE(*reader.Peek(&line));
}

TEST(LineReader, ALineBeyondTheLimitIsAnErrorThatNamesIt) {
  TextInput input("short\n" + std::string(3 * LineReader::kReadBytes, 'x'));
  LineReader reader(input.fd(), 1000);
  std::string_view line;
  EXPECT_TRUE(*reader.Next(&line));
  const auto next = reader.Next(&line);
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.status().message().substr(0, 7), "line 2:");
}

TEST(LineReader, ADirectoryIsNotRead) {
  const int fd = open(".", O_RDONLY);
  ASSERT_GE(fd, 0);
  LineReader reader(fd);
  std::string_view line;
  EXPECT_TRUE(reader.Next(&line).status().IsIoError());
  close(fd);
}

}  // namespace
}  // namespace treering::kvctl
