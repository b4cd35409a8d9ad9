#include "tools/kvctl/byte_size.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <utility>

namespace treering::kvctl {
namespace {

struct Unit {
  std::string_view name;  // lower case
  uint64_t bytes;
};

constexpr std::array<Unit, 15> kUnits = {{{"", 1},
                                          {"b", 1},
                                          {"k", 1ull << 10},
                                          {"kib", 1ull << 10},
                                          {"kb", 1'000},
                                          {"m", 1ull << 20},
                                          {"mib", 1ull << 20},
                                          {"mb", 1'000'000},
                                          {"g", 1ull << 30},
                                          {"gib", 1ull << 30},
                                          {"gb", 1'000'000'000},
                                          {"t", 1ull << 40},
                                          {"tib", 1ull << 40},
                                          {"tb", 1'000'000'000'000},
                                          {"bytes", 1}}};

std::string Quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace

Result<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    return Status::InvalidArgument(Quoted(text) + " is too large");
  }
  if (error != std::errc() || end != text.data() + text.size()) {
    return Status::InvalidArgument(Quoted(text) + " is not a whole number");
  }
  return number;
}

Result<uint64_t> ParseByteSize(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc::result_out_of_range) {
    return Status::InvalidArgument(Quoted(text) + " is too large");
  }
  std::string unit;
  for (const char* c = end; c != text.data() + text.size(); ++c) {
    if (unit.empty() && *c == ' ') continue;
    unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
  }
  for (const Unit& known : kUnits) {
    if (error != std::errc() || known.name != unit) continue;
    if (number > UINT64_MAX / known.bytes) {
      return Status::InvalidArgument(Quoted(text) + " is too large");
    }
    return number * known.bytes;
  }
  return Status::InvalidArgument(Quoted(text) + " is not a size; write it as 16MiB, 1GiB or 4096");
}

std::string FormatByteSize(uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  static constexpr const char* kNames[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double size = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  while (size >= 1023.95 && unit + 1 < std::size(kNames)) {
    size /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", size, kNames[unit]);
  return text;
}

std::string FormatCount(uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace treering::kvctl
