#include "engine/table/table_format.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "engine/base/coding.h"
#include "engine/base/prng.h"

namespace treering::table {
namespace {

using base::kPageBytes;
using Page = std::array<std::byte, kPageBytes>;

const std::string kPath = "/db/000009.sst";

HeadPage SomeHead() {
  HeadPage head;
  head.features_compatible = 0x8001;  // nobody minds
  head.database_id = {11, 12};
  head.file_id = {21, 22};
  head.file_number = 9;
  head.comparator_hash = ComparatorHash("treering.bytewise");
  return head;
}

FooterPage SomeFooter() {
  FooterPage footer;
  footer.file_id = {21, 22};
  footer.file_bytes = 100 * kPageBytes;
  footer.index_offset = 90 * kPageBytes;
  footer.filter_offset = 92 * kPageBytes;
  footer.filter = {92 * kPageBytes, 5 * kPageBytes, 77};
  footer.properties = {97 * kPageBytes, kPageBytes, 78};
  footer.top_index = {98 * kPageBytes, kPageBytes, 79};
  footer.entries = 5000;
  footer.deletions = 10;
  footer.data_blocks = 80;
  footer.index_partitions = 2;
  footer.smallest_sequence = 3;
  footer.largest_sequence = 3000;
  footer.smallest_key_hash = 1;
  footer.largest_key_hash = 2;
  footer.hash = {5, 6};
  footer.filter_probes = 7;
  return footer;
}

Status Decode(const FooterPage& footer, uint64_t file_bytes) {
  Page page;
  EncodeFooter(footer, page);
  FooterPage decoded;
  return DecodeFooter(kPath, file_bytes, page, &decoded);
}

TEST(TableFormat, HeadRoundTrip) {
  Page page;
  EncodeHead(SomeHead(), page);
  HeadPage decoded;
  ASSERT_TRUE(DecodeHead(kPath, page, false, &decoded).ok());
  EXPECT_EQ(decoded, SomeHead());
}

TEST(TableFormat, FooterRoundTrip) {
  Page page;
  EncodeFooter(SomeFooter(), page);
  FooterPage decoded;
  const Status s = DecodeFooter(kPath, 100 * kPageBytes, page, &decoded);
  ASSERT_TRUE(s.ok()) << s.ToString();
  EXPECT_EQ(decoded, SomeFooter());
}

TEST(TableFormat, EveryFlippedBitIsCorruption) {
  Page head;
  Page footer;
  EncodeHead(SomeHead(), head);
  EncodeFooter(SomeFooter(), footer);
  for (size_t bit = 0; bit < kPageBytes * 8; ++bit) {
    HeadPage decoded_head;
    FooterPage decoded_footer;
    head[bit / 8] ^= std::byte{1} << (bit % 8);
    ASSERT_TRUE(DecodeHead(kPath, head, false, &decoded_head).IsCorruption()) << "bit " << bit;
    head[bit / 8] ^= std::byte{1} << (bit % 8);
    footer[bit / 8] ^= std::byte{1} << (bit % 8);
    ASSERT_TRUE(DecodeFooter(kPath, 100 * kPageBytes, footer, &decoded_footer).IsCorruption())
        << "bit " << bit;
    footer[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

TEST(TableFormat, ReservedBytesAreChecked) {
  for (size_t at = 0; at < kPageBytes - kSumBytes; ++at) {
    HeadPage head = SomeHead();
    Page page;
    EncodeHead(head, page);
    page[at] ^= std::byte{0x80};
    SealBlock(head.file_id, 0, BlockKind::kHead, page);
    HeadPage decoded;
    const Status s = DecodeHead(kPath, page, false, &decoded);
    ASSERT_TRUE(at < 88 || s.IsCorruption()) << "byte " << at;
    FooterPage footer = SomeFooter();
    EncodeFooter(footer, page);
    page[at] ^= std::byte{0x80};
    SealBlock(footer.file_id, 99 * kPageBytes, BlockKind::kFooter, page);
    FooterPage decoded_footer;
    const Status f = DecodeFooter(kPath, 100 * kPageBytes, page, &decoded_footer);
    const bool reserved = at >= 292 || (at >= 128 && at < 208);
    ASSERT_TRUE(!reserved || f.IsCorruption()) << "byte " << at;
  }
}

TEST(TableFormat, FeaturesOfOthers) {
  HeadPage head = SomeHead();
  Page page;
  HeadPage decoded;
  head.features_incompatible = 4;
  EncodeHead(head, page);
  Status s = DecodeHead(kPath, page, true, &decoded);
  EXPECT_TRUE(s.IsNotSupported());
  EXPECT_EQ(s.message(),
            "/db/000009.sst: the table needs incompatible features 0000000000000004 that this "
            "build does not know");
  head = SomeHead();
  head.features_read_only_compatible = 1;
  EncodeHead(head, page);
  EXPECT_TRUE(DecodeHead(kPath, page, false, &decoded).IsNotSupported());
  EXPECT_TRUE(DecodeHead(kPath, page, true, &decoded).ok());
  head = SomeHead();
  head.version = kFormatVersion + 1;
  EncodeHead(head, page);
  EXPECT_TRUE(DecodeHead(kPath, page, false, &decoded).IsNotSupported());
}

TEST(TableFormat, LaterVersionsAreRefusedInHeadAndFooter) {
  std::vector<std::byte> page(kPageBytes);
  const FooterPage footer = SomeFooter();
  EncodeFooter(footer, page);
  base::Store32(page.data() + 8, kFormatVersion + 1);
  SealBlock(footer.file_id, 99 * kPageBytes, BlockKind::kFooter, page);
  FooterPage decoded_footer;
  const Status f = DecodeFooter(kPath, 100 * kPageBytes, page, &decoded_footer);
  EXPECT_TRUE(f.IsNotSupported()) << f.ToString();
  HeadPage head;
  head.file_id = {1, 2};
  EncodeHead(head, page);
  base::Store32(page.data() + 8, kFormatVersion + 1);
  SealBlock(head.file_id, 0, BlockKind::kHead, page);
  HeadPage decoded_head;
  const Status h = DecodeHead(kPath, page, true, &decoded_head);
  EXPECT_TRUE(h.IsNotSupported()) << h.ToString();
}

TEST(TableFormat, AreasMustFollowEachOther) {
  const auto with = [](auto change) {
    FooterPage footer = SomeFooter();
    change(&footer);
    return Decode(footer, 100 * kPageBytes);
  };
  EXPECT_TRUE(with([](FooterPage*) {}).ok());
  EXPECT_TRUE(with([](FooterPage* f) { f->index_offset = kPageBytes; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->index_offset = f->filter_offset; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->index_offset += 1; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->filter.length = 4 * kPageBytes; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->filter.offset = 0; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->properties.length = 0; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->top_index.length = UINT64_MAX; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->top_index.offset = UINT64_MAX - 4095; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->filter_offset = uint64_t{1} << 63; }).IsCorruption());
}

TEST(TableFormat, CountsMustBePossible) {
  const auto with = [](auto change) {
    FooterPage footer = SomeFooter();
    change(&footer);
    return Decode(footer, 100 * kPageBytes);
  };
  EXPECT_TRUE(with([](FooterPage* f) { f->data_blocks = 0; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->data_blocks = 90; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->data_blocks = 89; }).ok());
  EXPECT_TRUE(with([](FooterPage* f) { f->index_partitions = 3; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->entries = 79; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->entries = 89 * 341; }).ok());
  EXPECT_TRUE(with([](FooterPage* f) { f->entries = 89 * 341 + 1; }).IsCorruption());
  // Five pages of 63 lines are 32 bits for each of 5,040 keys; four are for 4,032.
  EXPECT_TRUE(with([](FooterPage* f) { f->entries = 4033; }).ok());
  EXPECT_TRUE(with([](FooterPage* f) { f->entries = 4032; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->deletions = 5001; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->smallest_sequence = 3001; }).IsCorruption());
  EXPECT_TRUE(
      with([](FooterPage* f) { f->largest_sequence = base::kSequenceMax + 1; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->filter_probes = 8; }).IsCorruption());
  EXPECT_TRUE(with([](FooterPage* f) { f->filter_probes = 0; }).IsCorruption());
}

TEST(TableFormat, ALongerOrShorterFileIsCorruption) {
  const FooterPage footer = SomeFooter();
  Page page;
  EncodeFooter(footer, page);
  FooterPage decoded;
  EXPECT_TRUE(DecodeFooter(kPath, 99 * kPageBytes, page, &decoded).IsCorruption());
  EXPECT_TRUE(DecodeFooter(kPath, kPageBytes, page, &decoded).IsCorruption());
}

TEST(TableFormat, HandlesRoundTripAndGarbageIsRefused) {
  base::Prng prng(3);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(prng.Uniform(16), '\0');
    for (char& c : bytes) c = static_cast<char>(prng.Next() & (prng.OneIn(2) ? 0x7f : 0xff));
    Slice input(bytes);
    BlockHandle handle;
    if (!GetHandle(&input, &handle)) continue;
    std::string again;
    AppendHandle(&again, handle);
    EXPECT_EQ(again, bytes.substr(0, bytes.size() - input.size()));
  }
}

}  // namespace
}  // namespace treering::table
