#include "tools/kvctl/ndjson.h"

#include <gtest/gtest.h>

#include "tests/fuzz/heap_meter.h"
#include "tools/kvctl/text_input_testing.h"

namespace treering::kvctl {
namespace {

// "key=value", or the message of the error.
std::string Decode(std::string_view line) {
  Record record;
  const Status status = DecodeJsonRecord(line, &record);
  return status.ok() ? record.key + "=" + record.value : std::string(status.message());
}

std::string Encode(std::string_view key, std::string_view value, TextForm form = TextForm::kAuto) {
  std::string text = "{";
  AppendJsonField("key", key, form, &text);
  text += ",";
  AppendJsonField("value", value, form, &text);
  return text + "}";
}

TEST(Ndjson, TextAndBase64AndHex) {
  EXPECT_EQ(Decode(R"({"key":"a","value":"b"})"), "a=b");
  EXPECT_EQ(Decode(R"( { "value" : "" , "key" : "é" } )"), "é=");
  EXPECT_EQ(Decode(R"({"key_b64":"Zm9v","value":"\u00e9\n\\"})"), "foo=é\n\\");
  EXPECT_EQ(Decode(R"({"key_hex":"666f6f","value_b64":"/w=="})"), "foo=\xff");
  EXPECT_EQ(Decode(R"({"key":"a\u0000b","value":""})"), std::string("a\0b=", 4));
}

TEST(Ndjson, WhatIsWrongIsSaid) {
  EXPECT_EQ(Decode(R"({"key":"a"})"), "no \"value\" (nor \"value_b64\")");
  EXPECT_EQ(Decode(R"({"value":"a"})"), "no \"key\" (nor \"key_b64\")");
  EXPECT_EQ(Decode(R"({"key":"a","value":1})"), "\"value\" is not a string but of type number");
  EXPECT_EQ(Decode(R"({"key":"a","value":"b","ttl":3})"),
            "unknown field \"ttl\"; known are key, value and both with _b64 or _hex");
  EXPECT_EQ(Decode(R"({"a\nb":1,"a\nb":2})"),
            "unknown field \"a\\nb\"; known are key, value and both with _b64 or _hex");
  EXPECT_EQ(Decode(R"({"key":{"value":"x"},"value":"b"})"),
            "\"key\" is not a string but of type object");
  EXPECT_EQ(Decode("\"key\""), "expected an object with \"key\" and \"value\", found string");
  EXPECT_EQ(Decode(R"({"key":"a","key_b64":"Zg==","value":"b"})"),
            "the key is given twice, here as \"key_b64\"");
  EXPECT_EQ(Decode(R"({"key_b64":"Z","value":"b"})").substr(0, 10), "\"key_b64\":");
  EXPECT_EQ(Decode("[1]"), "expected an object with \"key\" and \"value\", found array");
  EXPECT_EQ(Decode("{\"key\":\"a\",").substr(0, 22), "not JSON at column 12:");
  EXPECT_EQ(Decode("{\"key\":\"\xff\",\"value\":\"\"}").substr(0, 18), "not JSON at column");
  EXPECT_EQ(Decode(R"({"key":"a","value":"b"} x)").substr(0, 18), "not JSON at column");
  EXPECT_EQ(Decode(R"({"key":"\ud800","value":"b"})").substr(0, 18), "not JSON at column");
}

TEST(Ndjson, AFieldGivenTwiceIsRefused) {
  EXPECT_EQ(Decode(R"({"key":"a","value":"b","value":"c"})"), "\"value\" is given twice");
  EXPECT_EQ(Decode(R"({"key":"a","key":"a","value":"b"})"), "\"key\" is given twice");
  EXPECT_EQ(Decode(R"({"key":"a","\u006bey":"b","value":"b"})"), "\"key\" is given twice");
  EXPECT_EQ(Decode(R"({"key_b64":"YQ==","key_b64":"YQ==","value":"b"})"),
            "\"key_b64\" is given twice");
}

TEST(Ndjson, NumbersBeyondAllDoublesAreRefused) {
  EXPECT_EQ(Decode(R"({"key":"a","value":1e999})"), "not usable: number overflow parsing '1e999'");
  EXPECT_EQ(Decode("-1e999").substr(0, 11), "not usable:");
}

TEST(Ndjson, DeepNestingIsRefusedWithoutHarm) {
  const std::string deep = "{\"key\":" + std::string(100'000, '[');
  EXPECT_EQ(Decode(deep).substr(0, 18), "not JSON at column");
}

// Found by ndjson_fuzz: the text of an error was as long as the line.
TEST(Ndjson, AnErrorIsAShortTextWhateverTheLine) {
  const std::string much(1'000'000, 'a');
  for (const std::string& line : {"{\"key\":\"" + much, "{\"" + much + "\":1}", "{\"key\":9" + much,
                                  "{\"key_hex\":\"" + much + "z\",\"value\":\"\"}"}) {
    const std::string message = Decode(line);
    EXPECT_FALSE(message.empty());
    EXPECT_LT(message.size(), 512u) << message.substr(0, 100);
  }
}

// Found by ndjson_fuzz: a line was made a tree of values before anybody asked whether its fields
// are texts, which took fifty bytes for each bracket or number.
TEST(Ndjson, OfValuesThatAreNoTextNothingIsKept) {
  std::string numbers = "{\"key\":[1";
  for (int i = 0; i < 500'000; ++i) numbers += ",1";
  numbers += "]}";
  const std::string brackets = "{\"key\":" + std::string(1'000'000, '[');
  const fuzz::HeapMeter heap;
  EXPECT_EQ(Decode(numbers), "\"key\" is not a string but of type array");
  EXPECT_EQ(Decode(brackets).substr(0, 18), "not JSON at column");
  EXPECT_LT(heap.PeakBytes(), 8 * brackets.size());
}

TEST(Ndjson, WhatIsWrittenIsRead) {
  EXPECT_EQ(Encode("a", "b\n"), R"({"key":"a","value":"b\n"})");
  EXPECT_EQ(Encode("a", "\xff"), R"({"key":"a","value_b64":"/w=="})");
  EXPECT_EQ(Encode("a", "b", TextForm::kBase64), R"({"key_b64":"YQ==","value_b64":"Yg=="})");
  EXPECT_EQ(Encode("a", "b", TextForm::kHex), R"({"key_hex":"61","value_hex":"62"})");
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  for (const TextForm form :
       {TextForm::kAuto, TextForm::kText, TextForm::kHex, TextForm::kBase64}) {
    EXPECT_EQ(Decode(Encode(all, all.substr(0, 128), form)), all + "=" + all.substr(0, 128));
  }
}

TEST(Ndjson, ErrorsNameTheLineAndBlankLinesAreSkipped) {
  TextInput input("{\"key\":\"a\",\"value\":\"b\"}\n\n \r\n{oops}\n");
  LineReader lines(input.fd());
  NdjsonReader reader(&lines);
  Record record;
  EXPECT_TRUE(*reader.Next(&record));
  const auto next = reader.Next(&record);
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.status().message().substr(0, 16), "line 4: not JSON");
}

}  // namespace
}  // namespace treering::kvctl
