// The worked example of docs/format/table.md, byte for byte. A change here is a change of the
// format, and needs a new version.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/base/checksum.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "engine/table/table_testing.h"

namespace treering::table {
namespace {

class TableGoldenTest : public ::testing::Test {
 protected:
  TableGoldenTest() {
    TableWorld world(std::make_unique<io::SimDisk>(&storage_), "/db");
    TableBuilderOptions options = TableWorld::DefaultOptions();
    options.file_id = {0x3333, 0x4444};
    const Result<TableInfo> info =
        world.Build(7,
                    {{InternalKey("apple", 3), "red"},
                     {InternalKey("apple", 1), "green"},
                     {InternalKey("apricot", 2, key::Kind::kDelete), ""}},
                    options);
    EXPECT_TRUE(info.ok());
    content_ = storage_.ReadFile("/db/000007.sst");
  }
  std::string Hex(size_t offset, size_t bytes) const {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (size_t i = offset; i < offset + bytes; ++i) {
      const auto byte = static_cast<unsigned char>(content_[i]);
      if (i > offset) text += ' ';
      text += kDigits[byte >> 4];
      text += kDigits[byte & 15];
    }
    return text;
  }

  io::SimStorage storage_;
  std::string content_;
};

TEST_F(TableGoldenTest, TheWholeFile) {
  ASSERT_EQ(content_.size(), 7 * 4096u);
  EXPECT_EQ(base::Xxh3(content_.data(), content_.size(), 0), 0xacd279071e916af2u);
}

TEST_F(TableGoldenTest, TheWorkedExample) {
  EXPECT_EQ(Hex(0, 88),
            "74 72 54 61 62 6c 65 31 00 00 00 00 00 10 00 00 "
            "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
            "00 00 00 00 00 00 00 00 11 11 00 00 00 00 00 00 "
            "22 22 00 00 00 00 00 00 33 33 00 00 00 00 00 00 "
            "44 44 00 00 00 00 00 00 07 00 00 00 00 00 00 00 "
            "0b e3 af d0 94 4d 25 fc");
  EXPECT_EQ(Hex(4096, 55),
            "05 03 61 70 70 6c 65 01 03 00 00 00 00 00 00 72 "
            "65 64 05 05 61 70 70 6c 65 01 01 00 00 00 00 00 "
            "00 67 72 65 65 6e 07 00 61 70 72 69 63 6f 74 00 "
            "02 00 00 00 00 00 00");
  EXPECT_EQ(Hex(2 * 4096 - 30, 30),
            "00 00 12 00 26 00 00 02 00 00 37 00 00 00 03 00 "
            "00 00 00 00 00 00 b1 6a 80 e5 48 8e 8c 50");
  EXPECT_EQ(Hex(2 * 4096, 24),
            "07 06 61 70 72 69 63 6f 74 00 02 00 00 00 00 00 "
            "00 01 01 b1 6a 80 e5 00");
  EXPECT_EQ(Hex(3 * 4096 - 26, 26),
            "00 00 00 03 00 00 17 00 00 00 01 00 00 00 00 00 "
            "00 00 84 e0 33 df ca 9a 31 6f");
  EXPECT_EQ(Hex(5 * 4096, 24),
            "07 07 61 70 72 69 63 6f 74 00 02 00 00 00 00 00 "
            "00 02 01 84 e0 33 df 01");
  EXPECT_EQ(Hex(6 * 4096, 128),
            "74 72 54 61 62 6c 65 46 00 00 00 00 01 00 00 00 "
            "33 33 00 00 00 00 00 00 44 44 00 00 00 00 00 00 "
            "00 70 00 00 00 00 00 00 00 20 00 00 00 00 00 00 "
            "00 30 00 00 00 00 00 00 00 50 00 00 00 00 00 00 "
            "00 10 00 00 00 00 00 00 97 bf df 84 71 ce a5 77 "
            "00 30 00 00 00 00 00 00 00 10 00 00 00 00 00 00 "
            "c8 f9 70 2d 63 3e d3 86 00 40 00 00 00 00 00 00 "
            "00 10 00 00 00 00 00 00 1d 0e af e5 de fa 10 3c");
  EXPECT_EQ(Hex(6 * 4096 + 208, 84),
            "03 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 "
            "01 00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 "
            "01 00 00 00 00 00 00 00 03 00 00 00 00 00 00 00 "
            "3c e6 a2 c0 20 33 da b6 f7 c9 c3 6d e0 b3 88 d8 "
            "eb e5 79 72 69 d6 72 cf cf 4d 80 7e 03 b7 cd 62 "
            "07 00 00 00");
}

}  // namespace
}  // namespace treering::table
