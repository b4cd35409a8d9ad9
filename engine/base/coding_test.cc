#include "engine/base/coding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "engine/base/prng.h"

namespace treering::base {
namespace {

// Each power of two with its neighbours: every length of a varint and every edge between two.
std::vector<uint64_t> Edges() {
  std::vector<uint64_t> values = {0, 1, UINT64_MAX};
  for (int bit = 1; bit < 64; ++bit) {
    const uint64_t power = uint64_t{1} << bit;
    values.insert(values.end(), {power - 1, power, power + 1});
  }
  return values;
}

std::string Varint(uint64_t v) {
  std::string out;
  AppendVarint64(&out, v);
  return out;
}

// The decoded value's end as an offset, or -1.
template <typename T, typename Decode>
int DecodeIn(const std::string& bytes, Decode decode, T* v) {
  // A copy of exactly this length, so that AddressSanitizer sees a read past the limit.
  const std::vector<char> exact(bytes.begin(), bytes.end());
  const char* end = decode(exact.data(), exact.data() + exact.size(), v);
  return end == nullptr ? -1 : static_cast<int>(end - exact.data());
}

TEST(CodingTest, FixedIsLittleEndianAtAnyAlignment) {
  char bytes[16] = {};
  Store32(bytes + 1, 0x04030201u);
  EXPECT_EQ(std::string(bytes + 1, 4), std::string("\x01\x02\x03\x04"));
  EXPECT_EQ(Load32(bytes + 1), 0x04030201u);
  Store64(bytes + 3, 0x0807060504030201ull);
  EXPECT_EQ(std::string(bytes + 3, 8), std::string("\x01\x02\x03\x04\x05\x06\x07\x08"));
  EXPECT_EQ(Load64(bytes + 3), 0x0807060504030201ull);
  Store16(bytes + 7, 0x0201);
  EXPECT_EQ(Load16(bytes + 7), 0x0201);

  std::string out;
  AppendFixed32(&out, 7);
  AppendFixed64(&out, 1ull << 40);
  Slice in = out;
  uint32_t v32 = 0;
  uint64_t v64 = 0;
  ASSERT_TRUE(GetFixed32(&in, &v32));
  ASSERT_TRUE(GetFixed64(&in, &v64));
  EXPECT_EQ(v32, 7u);
  EXPECT_EQ(v64, 1ull << 40);
  EXPECT_TRUE(in.empty());
  EXPECT_FALSE(GetFixed32(&in, &v32));
  EXPECT_FALSE(GetFixed64(&in, &v64));
}

TEST(CodingTest, Varint64RoundTripsAtEveryEdge) {
  for (const uint64_t value : Edges()) {
    const std::string bytes = Varint(value);
    EXPECT_EQ(static_cast<int>(bytes.size()), VarintBytes(value)) << value;
    uint64_t decoded = ~value;
    EXPECT_EQ(DecodeIn(bytes, DecodeVarint64, &decoded), static_cast<int>(bytes.size())) << value;
    EXPECT_EQ(decoded, value);
  }
}

TEST(CodingTest, Varint32TakesItsOwnRangeAndNoMore) {
  for (const uint64_t value : Edges()) {
    uint32_t decoded = 0;
    const int end = DecodeIn(Varint(value), DecodeVarint32, &decoded);
    if (value <= UINT32_MAX) {
      EXPECT_EQ(end, VarintBytes(value)) << value;
      EXPECT_EQ(decoded, value);
    } else {
      EXPECT_EQ(end, -1) << value;
    }
  }
}

TEST(CodingTest, EveryTruncationIsRefused) {
  for (const uint64_t value : Edges()) {
    const std::string bytes = Varint(value);
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      uint64_t v64 = 0;
      uint32_t v32 = 0;
      EXPECT_EQ(DecodeIn(bytes.substr(0, cut), DecodeVarint64, &v64), -1) << value << " " << cut;
      EXPECT_EQ(DecodeIn(bytes.substr(0, cut), DecodeVarint32, &v32), -1) << value << " " << cut;
    }
  }
}

TEST(CodingTest, LongerThanNeedBeIsRefused) {
  uint64_t v64 = 0;
  uint32_t v32 = 0;
  for (const std::string& bytes : {std::string("\x80\x00", 2), std::string("\xff\x80\x00", 3)}) {
    EXPECT_EQ(DecodeIn(bytes, DecodeVarint64, &v64), -1);
    EXPECT_EQ(DecodeIn(bytes, DecodeVarint32, &v32), -1);
  }
  // 65 bits, and eleven bytes.
  EXPECT_EQ(DecodeIn(std::string(9, '\xff') + "\x02", DecodeVarint64, &v64), -1);
  EXPECT_EQ(DecodeIn(std::string(10, '\xff') + "\x01", DecodeVarint64, &v64), -1);
  EXPECT_EQ(DecodeIn(std::string(4, '\xff') + "\x10", DecodeVarint32, &v32), -1);
  EXPECT_EQ(DecodeIn(std::string(5, '\xff') + "\x01", DecodeVarint32, &v32), -1);
}

TEST(CodingTest, RandomBytesDecodeToWhatEncodesBack) {
  Prng prng(1);
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(prng.Uniform(12), '\0');
    for (char& c : bytes) c = static_cast<char>(prng.Next() | (prng.OneIn(3) ? 0 : 0x80));
    uint64_t value = 0;
    const int end = DecodeIn(bytes, DecodeVarint64, &value);
    if (end < 0) continue;
    ++accepted;
    EXPECT_EQ(Varint(value), bytes.substr(0, static_cast<size_t>(end)));
  }
  EXPECT_GT(accepted, 1000);
}

TEST(CodingTest, LengthPrefixedRoundTripsAndNeverReachesPastTheInput) {
  std::string out;
  AppendLengthPrefixed(&out, "");
  AppendLengthPrefixed(&out, Slice("a\0b", 3));
  AppendLengthPrefixed(&out, std::string(300, 'x'));
  Slice in = out;
  Slice bytes;
  ASSERT_TRUE(GetLengthPrefixed(&in, &bytes));
  EXPECT_TRUE(bytes.empty());
  ASSERT_TRUE(GetLengthPrefixed(&in, &bytes));
  EXPECT_EQ(bytes, Slice("a\0b", 3));
  ASSERT_TRUE(GetLengthPrefixed(&in, &bytes));
  EXPECT_EQ(bytes, Slice(std::string(300, 'x')));
  EXPECT_TRUE(in.empty());

  // One byte short, and a length that would wrap an address.
  Slice short_input("\x03xy", 3);
  EXPECT_FALSE(GetLengthPrefixed(&short_input, &bytes));
  const std::string huge = Varint(UINT64_MAX) + "abc";
  Slice huge_input = huge;
  EXPECT_FALSE(GetLengthPrefixed(&huge_input, &bytes));
}

TEST(CodingTest, GettersTakeWhatTheyRead) {
  std::string out;
  AppendVarint32(&out, 300);
  AppendVarint64(&out, 1ull << 50);
  Slice in = out;
  uint32_t v32 = 0;
  uint64_t v64 = 0;
  ASSERT_TRUE(GetVarint32(&in, &v32));
  ASSERT_TRUE(GetVarint64(&in, &v64));
  EXPECT_EQ(v32, 300u);
  EXPECT_EQ(v64, 1ull << 50);
  EXPECT_TRUE(in.empty());
  EXPECT_FALSE(GetVarint32(&in, &v32));
  EXPECT_FALSE(GetVarint64(&in, &v64));
}

}  // namespace
}  // namespace treering::base
