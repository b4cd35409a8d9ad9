#include "tools/kvctl/encoding.h"

#include <cstdint>

namespace treering::kvctl {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int Base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

Status BadDigit(std::string_view what, char c, size_t index) {
  std::string shown;
  AppendEscaped(std::string_view(&c, 1), &shown);
  return Status::InvalidArgument("'" + shown + "' at column " + std::to_string(index + 1) +
                                 " is no " + std::string(what) + " digit");
}

void AppendHexByte(unsigned char byte, std::string* text) {
  *text += kHexDigits[byte >> 4];
  *text += kHexDigits[byte & 15];
}

// Length of the UTF-8 character at the start of `bytes`, 0 when there is none.
size_t Utf8Length(std::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length == 0 || bytes.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xe0 && at(1) < 0xa0) return 0;   // overlong
  if (lead == 0xed && at(1) >= 0xa0) return 0;  // surrogate
  if (lead == 0xf0 && at(1) < 0x90) return 0;   // overlong
  if (lead == 0xf4 && at(1) >= 0x90) return 0;  // beyond U+10FFFF
  return length;
}

}  // namespace

void AppendHex(std::string_view bytes, std::string* text) {
  for (const char c : bytes) AppendHexByte(static_cast<unsigned char>(c), text);
}

Result<std::string> DecodeHex(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); ++i) {
    const int digit = HexDigit(text[i]);
    if (digit < 0) return BadDigit("hex", text[i], i);
    if (i % 2 == 0) {
      bytes += static_cast<char>(digit << 4);
    } else {
      bytes.back() = static_cast<char>(static_cast<unsigned char>(bytes.back()) | digit);
    }
  }
  if (text.size() % 2 != 0) {
    return Status::InvalidArgument("an odd number of hex digits (" + std::to_string(text.size()) +
                                   ")");
  }
  return bytes;
}

void AppendBase64(std::string_view bytes, std::string* text) {
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    const size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0);
    }
    for (size_t j = 0; j < 4; ++j) {
      *text += j <= count ? kBase64Digits[group >> (18 - 6 * j) & 63] : '=';
    }
  }
}

Result<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 != 0) {
    return Status::InvalidArgument(
        "base64 comes in fours of characters, padded with '='; these are " +
        std::to_string(text.size()));
  }
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t group = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_padding = i >= text.size() - padding;
    const int digit = is_padding ? 0 : Base64Digit(text[i]);
    if (digit < 0) return BadDigit("base64", text[i], i);
    group = group << 6 | static_cast<uint32_t>(digit);
    if (i % 4 != 3) continue;
    for (int shift = 16; shift >= 0; shift -= 8) bytes += static_cast<char>(group >> shift & 255);
    group = 0;
  }
  for (size_t i = 0; i < padding; ++i) {
    if (bytes.back() != '\0') {
      return Status::InvalidArgument("base64 whose last character before '=' says too much");
    }
    bytes.pop_back();
  }
  return bytes;
}

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = Utf8Length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

void AppendEscaped(std::string_view bytes, std::string* text) {
  while (!bytes.empty()) {
    const auto byte = static_cast<unsigned char>(bytes[0]);
    size_t length = Utf8Length(bytes);
    // U+0080 to U+009F are control characters too: terminals act on some of them.
    const bool is_control =
        byte < 0x20 || byte == 0x7f ||
        (byte == 0xc2 && length == 2 && static_cast<unsigned char>(bytes[1]) < 0xa0);
    if (byte == '\n') {
      *text += "\\n";
    } else if (byte == '\t') {
      *text += "\\t";
    } else if (byte == '\r') {
      *text += "\\r";
    } else if (byte == '\\') {
      *text += "\\\\";
    } else if (length == 0 || is_control) {
      length = 1;
      *text += "\\x";
      AppendHexByte(byte, text);
    } else {
      text->append(bytes.substr(0, length));
    }
    bytes.remove_prefix(length);
  }
}

void AppendJsonString(std::string_view bytes, std::string* text) {
  *text += '"';
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      *text += '\\';
      *text += c;
    } else if (c == '\n') {
      *text += "\\n";
    } else if (c == '\t') {
      *text += "\\t";
    } else if (c == '\r') {
      *text += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      *text += "\\u00";
      AppendHexByte(byte, text);
    } else {
      *text += c;
    }
  }
  *text += '"';
}

Result<std::string> DecodeArgument(std::string_view argument, TextForm form) {
  switch (form) {
    case TextForm::kHex:
      return DecodeHex(argument);
    case TextForm::kBase64:
      return DecodeBase64(argument);
    case TextForm::kAuto:
    case TextForm::kText:
      break;
  }
  return std::string(argument);
}

}  // namespace treering::kvctl
