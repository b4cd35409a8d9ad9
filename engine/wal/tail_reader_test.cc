#include "engine/wal/tail_reader.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstring>

#include "engine/base/coding.h"
#include "engine/base/prng.h"
#include "engine/wal/tail_format.h"

namespace treering::wal {
namespace {

constexpr uint64_t kCapacity = kTailCapacityMin;

// Builds the bytes of a tail by the format alone, beside the writer.
class TailImage {
 public:
  TailImage() : file_(kTailHeaderPageBytes + kCapacity, '\0') {
    SetHeader(kTailVersion, kCapacity);
  }

  void SetHeader(uint32_t version, uint64_t capacity) {
    char* const p = file_.data();
    base::Store64(p + 8, kTailMagic);
    base::Store32(p + 16, version);
    base::Store64(p + 24, identity.database_id.lo);
    base::Store64(p + 32, identity.database_id.hi);
    base::Store64(p + 40, identity.generation);
    base::Store64(p + 48, capacity);
    base::Store64(p, base::Xxh3(p + 8, 4088, base::SeedOf(identity.database_id, 0x5441494c)));
  }
  // A byte that must be zero, under a right sum.
  void SetReserved(size_t at) {
    char* const p = file_.data();
    p[at] = 1;
    base::Store64(p, base::Xxh3(p + 8, 4088, base::SeedOf(identity.database_id, 0x5441494c)));
  }
  static std::string Record(uint64_t position, key::Sequence first, const std::string& payload,
                            const TailIdentity& identity = {{0x33, 0x44}, 7, kCapacity}) {
    std::string record(TailRecordBytes(payload.size()), '\0');
    base::Store64(record.data() + 8, position);
    base::Store64(record.data() + 16, first);
    base::Store32(record.data() + 24, static_cast<uint32_t>(payload.size()));
    base::Store32(record.data() + 28, 1u);
    std::memcpy(record.data() + 32, payload.data(), payload.size());
    base::Store64(record.data(), base::Xxh3(record.data() + 8, record.size() - 8,
                                            base::SeedOf(identity.database_id, identity.generation,
                                                         position, position / kCapacity)));
    return record;
  }
  void Put(uint64_t position, const std::string& record) {
    for (size_t i = 0; i < record.size(); ++i) {
      file_[kTailHeaderPageBytes + (position + i) % kCapacity] = record[i];
    }
  }
  std::string& file() { return file_; }

  Result<std::vector<TailRecord>> Read() const {
    return ReadTailRecords(std::as_bytes(std::span<const char>(file_)), "TAIL", identity);
  }
  std::string Found() const {
    const Result<std::vector<TailRecord>> records = Read();
    if (!records.ok()) return records.status().ToString();
    std::string out;
    for (const TailRecord& record : *records) {
      out += std::to_string(record.header.first_sequence) + "@" + std::to_string(record.position) +
             ":" + std::to_string(record.payload.size()) + " ";
    }
    return out;
  }

  TailIdentity identity{{0x33, 0x44}, 7, kCapacity};

 private:
  std::string file_;
};

TEST(TailReader, TheExampleOfTheFormat) {
  const std::string record = TailImage::Record(0, 1, std::string("\x01\x01\x61\x01\x62", 5));
  std::string hex;
  char digits[4];
  for (const char c : record) {
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(c));
    hex += digits;
  }
  EXPECT_EQ(hex,
            "799ff7c3841149360000000000000000010000000000000005000000010000000101610162000000");
  TailImage image;
  image.Put(0, record);
  EXPECT_EQ(image.Found(), "1@0:5 ");
}

TEST(TailReader, AWrappedRecordIsFoundAndWhatLooksLikeOneInsideItIsNot) {
  TailImage image;
  const uint64_t start = 3 * kCapacity - 4096;  // its end lies 4096 bytes behind the ring's start
  // The payload holds, just where the ring starts again, a whole record for that place.
  std::string payload(8192 - kTailRecordHeaderBytes, 'x');
  const std::string forged = TailImage::Record(2 * kCapacity, 900, "forged");
  payload.replace(4096 - kTailRecordHeaderBytes, forged.size(), forged);
  image.Put(start, TailImage::Record(start, 5, payload));
  image.Put(start + 8192, TailImage::Record(start + 8192, 6, "next"));
  EXPECT_EQ(image.Found(),
            "5@" + std::to_string(start) + ":8160 6@" + std::to_string(start + 8192) + ":4 ");
}

TEST(TailReader, TornRecordsAreLeftOutAndTheOthersStay) {
  TailImage image;
  const std::string first = TailImage::Record(0, 1, std::string(100, 'a'));
  const std::string second = TailImage::Record(first.size(), 2, std::string(100, 'b'));
  image.Put(first.size(), second);
  for (size_t words = 0; words < first.size() / 8; ++words) {
    image.Put(0, std::string(first.size(), '\0'));
    image.Put(0, first.substr(0, words * 8));
    ASSERT_EQ(image.Found(), "2@136:100 ") << words;
  }
  image.Put(0, first);
  EXPECT_EQ(image.Found(), "1@0:100 2@136:100 ");
}

TEST(TailReader, EveryFlippedBitOfARecordIsNoticed) {
  TailImage image;
  const std::string record = TailImage::Record(8, 1, "some payload");
  for (size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string flipped = record;
    flipped[bit / 8] ^= static_cast<char>(1u << bit % 8);
    image.Put(8, flipped);
    ASSERT_EQ(image.Found(), "") << bit;
  }
}

TEST(TailReader, RecordsOfOtherLapsPlacesGenerationsAndDatabasesDoNotCount) {
  TailImage image;
  image.Put(64, TailImage::Record(0, 1, "elsewhere"));
  image.Put(256, TailImage::Record(256, 1, "older", {{0x33, 0x44}, 6, kCapacity}));
  image.Put(512, TailImage::Record(512, 1, "foreign", {{0x33, 0x45}, 7, kCapacity}));
  // Its position says another lap than its sum does.
  std::string other_lap = TailImage::Record(1024, 1, "lap");
  base::Store64(other_lap.data() + 8, 1024 + kCapacity);
  image.Put(1024, other_lap);
  EXPECT_EQ(image.Found(), "");
}

TEST(TailReader, TheHeaderTellsAForeignOrNewerFile) {
  TailImage foreign;
  foreign.identity.database_id.lo = 0x99;
  foreign.SetHeader(kTailVersion, kCapacity);
  foreign.identity.database_id.lo = 0x33;
  EXPECT_EQ(foreign.Read().status().code(), Status::Code::kCorruption);
  TailImage newer;
  newer.SetHeader(1, kCapacity);
  EXPECT_EQ(newer.Read().status().code(), Status::Code::kNotSupported);
  TailImage other_size;
  other_size.SetHeader(kTailVersion, 2 * kCapacity);
  EXPECT_EQ(other_size.Found(),
            "Corruption: TAIL offset 48: tail capacity: expected 65536, found 131072");
}

TEST(TailReader, ReservedBytesAreChecked) {
  for (const size_t at : {20, 23, 56, 4095}) {
    TailImage image;
    image.SetReserved(at);
    EXPECT_EQ(image.Read().status().code(), Status::Code::kCorruption) << at;
  }
  // Padding too: with another byte in it, what has a right sum is no record of ours.
  TailImage image;
  std::string record = TailImage::Record(0, 1, "x");
  record.back() = 1;
  base::Store64(record.data(),
                base::Xxh3(record.data() + 8, record.size() - 8,
                           base::SeedOf(image.identity.database_id, image.identity.generation,
                                        uint64_t{0}, uint64_t{0})));
  image.Put(0, record);
  EXPECT_EQ(image.Found(), "");
}

TEST(TailReader, ADamagedHeaderHidesNoRecord) {
  TailImage image;
  image.Put(0, TailImage::Record(0, 1, "still here"));
  image.file()[100] = 'x';
  EXPECT_EQ(image.Found(), "1@0:10 ");
}

TEST(TailReader, AShortFileIsCorruptionOnlyWhenThisGenerationUsedIt) {
  TailImage image;
  image.file().resize(image.file().size() - 1);
  EXPECT_EQ(image.Found(),
            "Corruption: TAIL: tail is truncated: expected 69632 bytes, found 69631");
  image.identity.generation = 8;
  EXPECT_EQ(image.Found(), "");
  image.file().clear();
  EXPECT_EQ(image.Found(), "");
}

TEST(TailReader, BytesMadeToLookLikeRecordsCostBoundedTime) {
  TailImage image;
  char* const ring = image.file().data() + kTailHeaderPageBytes;
  // At every place a header that could start a record of the largest size; headers overlap, so the
  // fields that matter are written for every fourth place.
  for (uint64_t at = 0; at + 32 <= kCapacity; at += 32) {
    base::Store64(ring + at + 8, at);
    base::Store64(ring + at + 16, uint64_t{1});
    base::Store32(ring + at + 24, static_cast<uint32_t>(kCapacity / 4 - 32));
    base::Store32(ring + at + 28, 1u);
  }
  EXPECT_EQ(image.Read().status().code(), Status::Code::kCorruption);
}

TEST(TailReader, NoiseHoldsNothing) {
  base::Prng prng(5);
  for (int round = 0; round < 20; ++round) {
    TailImage image;
    for (size_t i = kTailHeaderPageBytes; i < image.file().size(); ++i) {
      image.file()[i] = static_cast<char>(prng.Next());
    }
    ASSERT_EQ(image.Found(), "");
  }
}

}  // namespace
}  // namespace treering::wal
