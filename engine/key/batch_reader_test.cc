#include "engine/key/batch_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "api/write_batch.h"
#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/base/prng.h"

namespace treering::key {
namespace {

using Record = std::tuple<Kind, std::string, std::string>;

std::vector<Record> ReadAll(const Slice& payload, Status* status) {
  std::vector<Record> records;
  BatchReader reader(payload);
  while (reader.Next()) {
    records.emplace_back(reader.kind(), reader.key().ToString(), reader.value().ToString());
  }
  *status = reader.status();
  return records;
}

Status ReadStatus(const Slice& payload) {
  Status status;
  ReadAll(payload, &status);
  return status;
}

std::string KeyRecord(char kind, uint32_t key_bytes) {
  std::string out(1, kind);
  base::AppendVarint32(&out, key_bytes);
  out.append(key_bytes, 'k');
  return out;
}

TEST(BatchReaderTest, GivesWhatABatchHolds) {
  WriteBatch batch;
  batch.Put("one", "1");
  batch.Delete("two");
  batch.Put("", "");
  batch.Put(std::string(300, 'k'), std::string(70'000, 'v'));
  Status status;
  const std::vector<Record> expected = {
      {Kind::kValue, "one", "1"},
      {Kind::kDelete, "two", ""},
      {Kind::kValue, "", ""},
      {Kind::kValue, std::string(300, 'k'), std::string(70'000, 'v')}};
  EXPECT_EQ(ReadAll(batch.rep(), &status), expected);
  EXPECT_TRUE(status.ok());
  const Result<BatchTotals> totals = MeasureBatch(batch.rep());
  ASSERT_TRUE(totals.ok());
  EXPECT_EQ(totals->records, batch.count());
  EXPECT_EQ(totals->data_bytes, 3u + 1 + 3 + 300 + 70'000);
  EXPECT_LE(totals->data_bytes, batch.ByteSize());
}

TEST(BatchReaderTest, AnEmptyPayloadHasNoRecord) {
  BatchReader reader("");
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.status().ok());
}

TEST(BatchReaderTest, EveryCutIsSeenUnlessItIsBetweenRecords) {
  WriteBatch batch;
  std::vector<size_t> ends = {0};
  for (int i = 0; i < 5; ++i) {
    batch.Put("key" + std::to_string(i), std::string(i * 50, 'v'));
    ends.push_back(batch.ByteSize());
    batch.Delete(std::string(130, 'd'));
    ends.push_back(batch.ByteSize());
  }
  for (size_t cut = 0; cut <= batch.ByteSize(); ++cut) {
    Status status;
    const std::vector<Record> records = ReadAll(Slice(batch.rep().data(), cut), &status);
    size_t whole = 0;
    while (whole + 1 < ends.size() && ends[whole + 1] <= cut) ++whole;
    EXPECT_EQ(records.size(), whole) << cut;
    if (ends[whole] == cut) {
      EXPECT_TRUE(status.ok()) << cut;
    } else {
      EXPECT_TRUE(status.IsCorruption()) << cut;
      EXPECT_NE(status.message().find("byte " + std::to_string(ends[whole])),
                std::string_view::npos)
          << status.ToString();
    }
  }
}

TEST(BatchReaderTest, KindsOfOtherVersionsAreNotSupportedAndUnknownOnesCorrupt) {
  WriteBatch first;
  first.Put("a", "b");
  for (int kind = 2; kind < 256; ++kind) {
    const std::string payload =
        std::string(first.rep()) + KeyRecord(static_cast<char>(kind), 3) + KeyRecord(0, 1);
    const Status status = ReadStatus(payload);
    EXPECT_EQ(status.code(), kind <= 6 ? Status::Code::kNotSupported : Status::Code::kCorruption);
    EXPECT_NE(status.message().find("byte 5"), std::string_view::npos) << status.ToString();
  }
}

TEST(BatchReaderTest, LimitsAreHeld) {
  EXPECT_TRUE(ReadStatus(KeyRecord(0, base::kKeyBytesMax)).ok());
  EXPECT_TRUE(ReadStatus(KeyRecord(0, base::kKeyBytesMax + 1)).IsCorruption());

  const auto value_record = [](uint32_t bytes) {
    std::string out = KeyRecord(1, 1);
    base::AppendVarint32(&out, bytes);
    out.append(bytes, 'v');
    return out;
  };
  const auto limit = static_cast<uint32_t>(base::kValueBytesMax);
  EXPECT_TRUE(ReadStatus(value_record(limit)).ok());
  const Status above = ReadStatus(value_record(limit + 1));
  EXPECT_TRUE(above.IsCorruption());
  EXPECT_NE(above.message().find("at most 67108864, found 67108865"), std::string_view::npos)
      << above.ToString();
}

TEST(BatchReaderTest, LengthsThatLieAreSeen) {
  for (const uint64_t length : {uint64_t{4}, uint64_t{1} << 31, uint64_t{0xffffffff}}) {
    std::string payload(1, '\0');
    base::AppendVarint64(&payload, length);
    payload += "abc";
    EXPECT_TRUE(ReadStatus(payload).IsCorruption()) << length;
  }
  EXPECT_TRUE(ReadStatus(std::string("\0\x80\x00", 3)).IsCorruption());  // longer than need be
  EXPECT_TRUE(ReadStatus(std::string("\0\xff\xff\xff\xff\x7f", 6)).IsCorruption());  // over 32 bits
}

TEST(BatchReaderTest, AfterDamageNothingMore) {
  BatchReader reader(Slice("\x09zzzz"));
  EXPECT_FALSE(reader.Next());
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.status().IsCorruption());
}

TEST(BatchReaderTest, RandomBytesStayInsideThePayload) {
  base::Prng prng(3);
  int whole = 0;
  for (int i = 0; i < 50'000; ++i) {
    // On the heap and of exact size, so that a sanitizer sees a step too far.
    std::vector<char> payload(prng.Uniform(24));
    for (char& byte : payload) byte = static_cast<char>(prng.Uniform(prng.OneIn(8) ? 256 : 5));
    const Slice slice(payload.data(), payload.size());
    const Result<BatchTotals> totals = MeasureBatch(slice);
    Status status;
    const std::vector<Record> records = ReadAll(slice, &status);
    EXPECT_EQ(totals.status().code(), status.code());
    if (!totals.ok()) continue;
    EXPECT_EQ(totals->records, records.size());
    EXPECT_LE(totals->data_bytes, payload.size());
    ++whole;
  }
  EXPECT_GT(whole, 1000);
}

}  // namespace
}  // namespace treering::key
