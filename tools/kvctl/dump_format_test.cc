#include "tools/kvctl/dump_format.h"

#include <gtest/gtest.h>

#include <map>

#include "tools/kvctl/text_input_testing.h"

namespace treering::kvctl {
namespace {

constexpr std::string_view kHeader = "VERSION=3\nformat=bytevalue\ntype=btree\nHEADER=END\n";

// Every record as "key=value;", then the message of the error, if there is one.
std::string Read(std::string_view text) {
  TextInput input(text);
  LineReader lines(input.fd());
  DumpReader reader(&lines);
  Record record;
  std::string seen;
  while (true) {
    const Result<bool> next = reader.Next(&record);
    if (!next.ok()) return seen + std::string(next.status().message());
    if (!*next) return seen;
    seen += record.key + "=" + record.value + ";";
  }
}

std::string ReadData(std::string_view data) {
  return Read(std::string(kHeader) + std::string(data));
}

TEST(DumpFormat, RecordsInHex) {
  EXPECT_EQ(ReadData(" 6b31\n 7631\n 6B32\n \nDATA=END\n"), "k1=v1;k2=;");
  EXPECT_EQ(ReadData("DATA=END\n"), "");
  EXPECT_EQ(ReadData(" \n \nDATA=END"), "=;");
}

TEST(DumpFormat, UnknownHeadersAreIgnored) {
  EXPECT_EQ(Read("VERSION=3\nformat=bytevalue\ntype=btree\nmapsize=1048576\nmaxreaders=126\n"
                 "db_pagesize=4096\nHEADER=END\n 6b\n 76\nDATA=END\n"),
            "k=v;");
}

TEST(DumpFormat, PrintFormHasEscapes) {
  EXPECT_EQ(Read("VERSION=3\nformat=print\nHEADER=END\n k\\5c\\09\n a\\\\b c\nDATA=END\n"),
            "k\\\t=a\\b c;");
  for (const char* bad : {"\\", "\\0", "\\zz", "a\\ "})
    EXPECT_FALSE(DecodeDumpPrint(bad).ok()) << bad;
}

TEST(DumpFormat, TruncationAnywhereIsAnErrorThatNamesTheLine) {
  const std::string whole = std::string(kHeader) + " 6b31\n 7631\n 6b32\n 7632\nDATA=END\n";
  // Without its very last newline it is still whole.
  for (size_t bytes = 0; bytes + 1 < whole.size(); ++bytes) {
    const std::string seen = Read(whole.substr(0, bytes));
    EXPECT_NE(seen.find("line "), std::string::npos) << bytes << ": " << seen;
  }
  EXPECT_EQ(Read(whole), "k1=v1;k2=v2;");
}

TEST(DumpFormat, WhatIsWrongIsSaidWithItsLine) {
  EXPECT_EQ(ReadData(" zz\n"), "line 5: the key: 'z' at column 1 is no hex digit");
  EXPECT_EQ(ReadData(" 6b\n 123\n"), "line 6: the value: an odd number of hex digits (3)");
  EXPECT_EQ(ReadData("6b\n"), "line 5: expected a space and then the key, or DATA=END");
  EXPECT_EQ(ReadData(" 6b\nDATA=END\n"), "line 6: DATA=END where a value was expected");
  EXPECT_EQ(ReadData("DATA=END\nmore\n"), "line 6: text behind DATA=END");
  EXPECT_EQ(Read("VERSION=9\n"), "line 1: VERSION=3 is what can be read; this is another");
  EXPECT_EQ(Read("VERSION=3\nformat=xml\n"), "line 2: format= is neither bytevalue nor print");
  EXPECT_EQ(Read("VERSION=3\nnonsense\n"),
            "line 2: expected name=value in the header, or HEADER=END");
}

TEST(DumpFormat, DumpsThatWouldMixOrLoseKeysAreRefused) {
  EXPECT_NE(ReadData("DATA=END\nVERSION=3\n").find("line 6: a second database"), std::string::npos);
  EXPECT_NE(Read("VERSION=3\ntype=recno\nHEADER=END\n 76\nDATA=END\n").find("without keys"),
            std::string::npos);
  EXPECT_EQ(Read("VERSION=3\ntype=recno\nkeys=1\nHEADER=END\n 31\n 76\nDATA=END\n"), "1=v;");
}

// Found by dump_fuzz: the type stood in the message as it was, however long and whatever was in it.
TEST(DumpFormat, AnUnknownTypeIsNotRepeated) {
  EXPECT_EQ(Read("VERSION=3\ntype=\x1b[2J" + std::string(100'000, 'x') + "\nkeys=0\nHEADER=END\n"),
            "line 4: a dump without keys (keys=0); dump it with 'db5.3_dump -k' to have them");
}

TEST(DumpFormat, WhatIsWrittenIsRead) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  const std::map<std::string, std::string> records = {
      {"", "empty key"}, {std::string("\0\xff\n", 3), ""}, {"k", std::string(100'000, '\\')}};
  {
    Output out(fileno(file), "file");
    WriteDumpHeader(&out);
    for (const auto& [key, value] : records) WriteDumpRecord(key, value, &out);
    WriteDumpEnd(&out);
  }
  std::rewind(file);
  LineReader lines(fileno(file));
  DumpReader reader(&lines);
  std::map<std::string, std::string> seen;
  Record record;
  while (*reader.Next(&record)) seen[record.key] = record.value;
  EXPECT_EQ(seen, records);
  std::fclose(file);
}

}  // namespace
}  // namespace treering::kvctl
