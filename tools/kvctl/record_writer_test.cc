#include "tools/kvctl/record_writer.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace treering::kvctl {
namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

const Records kRecords = {{"a", "1,\"2\""}, {std::string("\0\xff", 2), "x\ty\n"}};

std::string Written(const RecordShape& shape, const Records& records) {
  std::FILE* file = std::tmpfile();
  {
    Output out(fileno(file), "file");
    RecordWriter writer(shape, &out);
    EXPECT_TRUE(writer.Begin());
    for (const auto& [key, value] : records) EXPECT_TRUE(writer.Write(key, value));
    EXPECT_TRUE(writer.End());
  }
  std::string text(4096, '\0');
  std::rewind(file);
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}

RecordShape Shape(OutputFormat format) {
  RecordShape shape;
  shape.format = format;
  return shape;
}

TEST(RecordWriter, EachFormat) {
  EXPECT_EQ(Written(Shape(OutputFormat::kText), kRecords), "a\t1,\"2\"\n\\x00\\xff\tx\\ty\\n\n");
  EXPECT_EQ(Written(Shape(OutputFormat::kRaw), kRecords),
            std::string("a\t1,\"2\"\n\0\xff\tx\ty\n\n", 16));
  EXPECT_EQ(Written(Shape(OutputFormat::kHex), kRecords), "61\t312c223222\n00ff\t7809790a\n");
  EXPECT_EQ(Written(Shape(OutputFormat::kCsv), kRecords),
            std::string("key,value\r\na,\"1,\"\"2\"\"\"\r\n\0\xff,\"x\ty\n\"\r\n", 35));
  EXPECT_EQ(
      Written(Shape(OutputFormat::kNdjson), kRecords),
      "{\"key\":\"a\",\"value\":\"1,\\\"2\\\"\"}\n{\"key_b64\":\"AP8=\",\"value\":\"x\\ty\\n\"}\n");
  EXPECT_EQ(Written(Shape(OutputFormat::kJson), kRecords),
            "[\n{\"key\":\"a\",\"value\":\"1,\\\"2\\\"\"},\n"
            "{\"key_b64\":\"AP8=\",\"value\":\"x\\ty\\n\"}\n]\n");
}

TEST(RecordWriter, NoRecordsIsStillACompleteText) {
  EXPECT_EQ(Written(Shape(OutputFormat::kText), {}), "");
  EXPECT_EQ(Written(Shape(OutputFormat::kJson), {}), "[]\n");
  EXPECT_EQ(Written(Shape(OutputFormat::kCsv), {}), "key,value\r\n");
}

TEST(RecordWriter, KeysOnly) {
  for (const auto& [format, text] : std::vector<std::pair<OutputFormat, std::string>>{
           {OutputFormat::kText, "k\n"},
           {OutputFormat::kCsv, "key\r\nk\r\n"},
           {OutputFormat::kNdjson, "{\"key\":\"k\"}\n"}}) {
    RecordShape shape = Shape(format);
    shape.keys_only = true;
    EXPECT_EQ(Written(shape, {{"k", "v"}}), text);
  }
}

TEST(RecordWriter, FormsHoldInEveryFormat) {
  RecordShape shape;
  shape.key_form = TextForm::kHex;
  shape.value_form = TextForm::kBase64;
  EXPECT_EQ(Written(shape, {{"k", "v"}}), "6b\tdg==\n");
  shape.format = OutputFormat::kCsv;
  EXPECT_EQ(Written(shape, {{"k", "v"}}), "key,value\r\n6b,dg==\r\n");
  shape.format = OutputFormat::kNdjson;
  EXPECT_EQ(Written(shape, {{"k", "v"}}), "{\"key_hex\":\"6b\",\"value_b64\":\"dg==\"}\n");
}

}  // namespace
}  // namespace treering::kvctl
