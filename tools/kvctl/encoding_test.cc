#include "tools/kvctl/encoding.h"

#include <gtest/gtest.h>

namespace treering::kvctl {
namespace {

std::string AllBytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

std::string Hex(std::string_view bytes) {
  std::string text;
  AppendHex(bytes, &text);
  return text;
}

std::string Base64(std::string_view bytes) {
  std::string text;
  AppendBase64(bytes, &text);
  return text;
}

std::string Escaped(std::string_view bytes) {
  std::string text;
  AppendEscaped(bytes, &text);
  return text;
}

std::string Json(std::string_view bytes) {
  std::string text;
  AppendJsonString(bytes, &text);
  return text;
}

TEST(Encoding, HexThereAndBack) {
  EXPECT_EQ(Hex(std::string_view("\0\x1f\xff", 3)), "001fff");
  EXPECT_EQ(*DecodeHex(Hex(AllBytes())), AllBytes());
  EXPECT_EQ(*DecodeHex("AbCd"), "\xab\xcd");
  EXPECT_EQ(*DecodeHex(""), "");
}

TEST(Encoding, BadHexNamesTheColumn) {
  EXPECT_EQ(DecodeHex("00zz").status().message(), "'z' at column 3 is no hex digit");
  EXPECT_EQ(DecodeHex("000").status().message(), "an odd number of hex digits (3)");
}

TEST(Encoding, Base64ThereAndBack) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg==");
  EXPECT_EQ(Base64("fo"), "Zm8=");
  EXPECT_EQ(Base64("foo"), "Zm9v");
  for (size_t n = 0; n <= 256; ++n) {
    const std::string bytes = AllBytes().substr(0, n);
    EXPECT_EQ(*DecodeBase64(Base64(bytes)), bytes);
  }
}

TEST(Encoding, BadBase64IsRefused) {
  for (const char* bad :
       {"Z", "Zg", "Zg=", "Z===", "=Zg=", "Zg=a", "Zh==", "Zm9=", "Zm 9", "===="}) {
    EXPECT_FALSE(DecodeBase64(bad).ok()) << bad;
  }
}

TEST(Encoding, Utf8IsStrict) {
  for (const char* good : {"", "abc", "äöü", "日本", "\xf0\x9f\x8c\xb2", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(IsUtf8(good)) << good;
  }
  for (const char* bad :
       {"\xff", "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe6\x97", "a\xc3"}) {
    EXPECT_FALSE(IsUtf8(bad)) << Hex(bad);
  }
}

TEST(Encoding, EscapesLeaveNothingATerminalActsOn) {
  EXPECT_EQ(Escaped("a\tb\nc\rd\\"), "a\\tb\\nc\\rd\\\\");
  EXPECT_EQ(Escaped("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(Escaped("é\x7f\xff"), "é\\x7f\\xff");
  EXPECT_EQ(Escaped("\xc2\x9b"), "\\xc2\\x9b");
}

TEST(Encoding, JsonStrings) {
  EXPECT_EQ(Json("a\"b\\c\n\t\r"), "\"a\\\"b\\\\c\\n\\t\\r\"");
  EXPECT_EQ(Json(std::string_view("\0\x1f", 2)), "\"\\u0000\\u001f\"");
  EXPECT_EQ(Json("日本"), "\"日本\"");
}

TEST(Encoding, ArgumentsFollowTheirForm) {
  EXPECT_EQ(*DecodeArgument("00ff", TextForm::kText), "00ff");
  EXPECT_EQ(*DecodeArgument("00ff", TextForm::kAuto), "00ff");
  EXPECT_EQ(*DecodeArgument("00ff", TextForm::kHex), std::string("\0\xff", 2));
  EXPECT_EQ(*DecodeArgument("AP8=", TextForm::kBase64), std::string("\0\xff", 2));
  EXPECT_FALSE(DecodeArgument("xyz", TextForm::kHex).ok());
}

}  // namespace
}  // namespace treering::kvctl
