#include "engine/manifest/current_format.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "engine/base/coding.h"

namespace treering::manifest {
namespace {

CurrentSlot ExampleSlot() {
  CurrentSlot slot;
  slot.copy = 1;
  slot.generation = 1;
  slot.manifest_number = 1;
  slot.manifest_id = {0x11, 0x22};
  slot.database_id = {0x33, 0x44};
  slot.promise = 1;
  return slot;
}

// A CURRENT that was written `copies` times.
class CurrentImage {
 public:
  explicit CurrentImage(uint64_t copies) : bytes_(kCurrentBytes) {
    CurrentSlot slot = ExampleSlot();
    for (uint64_t copy = 1; copy <= copies; ++copy) {
      slot.parent_sum = slot.sum;
      slot.copy = copy;
      slot.manifest_number = copy;
      Put(slot, (copy - 1) % 2);
      slot.sum = base::Load64(bytes_.data() + (copy - 1) % 2 * kSlotBytes + kSlotSumAt);
    }
  }

  void Put(CurrentSlot slot, uint32_t index) {
    EncodeSlot(&slot, index, std::span(bytes_).subspan(index * kSlotBytes, kSlotBytes));
  }
  void Flip(size_t bit) { bytes_[bit / 8] ^= std::byte{1} << (bit % 8); }
  std::byte* slot(uint32_t index) { return bytes_.data() + index * kSlotBytes; }

  // The manifest number that is chosen, or the error.
  std::string Choose() const {
    const auto choice = ChooseSlot(bytes_);
    return choice.ok() ? std::to_string(choice->slot.manifest_number) : choice.status().ToString();
  }

 private:
  std::vector<std::byte> bytes_;
};

// The example of docs/format/current.md.
TEST(CurrentFormatTest, WorkedExample) {
  std::vector<std::byte> bytes(kSlotBytes);
  CurrentSlot slot = ExampleSlot();
  EncodeSlot(&slot, 0, bytes);
  const auto hex = [&](size_t from, size_t to) {
    std::string text;
    for (size_t i = from; i < to; ++i) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned>(bytes[i]));
      text += digits;
    }
    return text;
  };
  EXPECT_EQ(hex(0, 16),
            "54524355"
            "52524e54"
            "00000000"
            "00000000");
  EXPECT_EQ(hex(16, 32),
            "0100000000000000"
            "0100000000000000");
  EXPECT_EQ(hex(32, 48),
            "0100000000000000"
            "1100000000000000");
  EXPECT_EQ(hex(48, 64),
            "2200000000000000"
            "3300000000000000");
  EXPECT_EQ(hex(64, 80),
            "4400000000000000"
            "0000000000000000");
  EXPECT_EQ(hex(80, 88), "0100000000000000");
  EXPECT_EQ(base::Load64(bytes.data() + 88), base::Xxh3(bytes.data(), 88, 0));
  CurrentSlot decoded;
  std::string reason;
  EXPECT_EQ(DecodeSlot(bytes, 0, &decoded, &reason), SlotState::kValid);
  EXPECT_EQ(decoded, slot);
}

TEST(CurrentFormatTest, TheHigherCopyCounts) {
  EXPECT_EQ(CurrentImage(1).Choose(), "1");
  EXPECT_EQ(CurrentImage(2).Choose(), "2");
  EXPECT_EQ(CurrentImage(3).Choose(), "3");
}

TEST(CurrentFormatTest, NoSlotAtAll) {
  EXPECT_EQ(CurrentImage(0).Choose(),
            "Corruption: CURRENT, offset 4096: no slot is valid; expected a slot, found zeros");
  EXPECT_EQ(ChooseSlot(std::vector<std::byte>(4096)).status().ToString(),
            "Corruption: CURRENT: length in bytes: expected 8192, found 4096");
  EXPECT_TRUE(ChooseSlot({}).status().IsCorruption());
}

TEST(CurrentFormatTest, EveryBitOfOneSlot) {
  CurrentImage image(1);
  for (size_t bit = 0; bit < kCurrentBytes * 8; ++bit) {
    image.Flip(bit);
    const std::string chosen = image.Choose();
    image.Flip(bit);
    if (bit < kSlotBytes * 8) {
      EXPECT_EQ(chosen.substr(0, 11), "Corruption:") << bit;
    } else {
      EXPECT_EQ(chosen, "1") << bit;
    }
  }
}

TEST(CurrentFormatTest, EveryBitOfTwoSlots) {
  CurrentImage image(4);  // copy 3 in slot 0, copy 4 in slot 1
  for (size_t bit = 0; bit < kCurrentBytes * 8; ++bit) {
    image.Flip(bit);
    EXPECT_EQ(image.Choose(), bit < kSlotBytes * 8 ? "4" : "3") << bit;
    image.Flip(bit);
  }
}

TEST(CurrentFormatTest, SlotsThatDoNotBelongTogether) {
  CurrentImage gap(2);
  CurrentSlot slot = ExampleSlot();
  slot.copy = 4;
  gap.Put(slot, 1);
  EXPECT_EQ(gap.Choose(),
            "Corruption: CURRENT, offset 4096: copy number of the newer slot: expected 2, found 4");
  CurrentImage parent(2);
  slot.copy = 2;
  slot.parent_sum = 5;
  parent.Put(slot, 1);
  EXPECT_EQ(parent.Choose().substr(0, 61),
            "Corruption: CURRENT, offset 4096: sum of the slot before: exp");
  CurrentImage other(2);
  slot.database_id = {9, 9};
  other.Put(slot, 1);
  EXPECT_EQ(other.Choose().substr(0, 47), "Corruption: CURRENT, offset 4096: database id: ");
}

TEST(CurrentFormatTest, ASlotInTheOtherPlaceIsDamaged) {
  CurrentImage image(1);
  std::memcpy(image.slot(1), image.slot(0), kSlotBytes);
  EXPECT_EQ(image.Choose(), "1");
  std::memset(image.slot(0), 0, kSlotBytes);
  EXPECT_EQ(image.Choose().substr(0, 61),
            "Corruption: CURRENT, offset 4096: no slot is valid; sum: expe");
}

TEST(CurrentFormatTest, ALaterVersionIsNotSupported) {
  CurrentImage image(2);
  base::Store32(image.slot(1) + 8, 1);
  base::Store64(image.slot(1) + kSlotSumAt, base::Xxh3(image.slot(1), kSlotSumAt, 1));
  EXPECT_EQ(image.Choose(), "NotSupported: CURRENT, offset 4096: version: expected 0, found 1");
}

}  // namespace
}  // namespace treering::manifest
