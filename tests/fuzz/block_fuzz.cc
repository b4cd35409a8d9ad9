// Pages and blocks of tables, with their sums made right or not: what passes its check can be
// walked and searched.
#include <cstring>

#include "api/comparator.h"
#include "engine/table/block_check.h"
#include "engine/table/block_view.h"
#include "engine/table/table_format.h"
#include "tests/fuzz/fuzz_input.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

constexpr size_t kPage = 4096;

void Walk(const table::BlockView& view) {
  const key::KeyOrder order(BytewiseComparator());
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < view.count(); ++i) {
    const table::BlockView::Entry entry = view.entry(i);
    bytes += entry.key.size() + entry.value.size();
    const uint32_t found = view.LowerBound(order, key::UserKey(entry.key), key::Tag(entry.key));
    FUZZ_CHECK(found <= view.count());
  }
  FUZZ_CHECK(bytes <= (64u << 20));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::FuzzInput input(data, size);
  const uint8_t mode = input.Byte();
  const size_t offsets_bytes = 2 * input.Byte();
  const std::string path = "000001.sst";
  const base::Id128 id{31, 33};
  std::string text = input.Rest();
  const size_t bytes = std::max(kPage, (text.size() + kPage - 1) / kPage * kPage);
  // Offsets and trailer stand at the end; what the input leaves open are zeros before them.
  const size_t end = std::min(text.size(), table::kTrailerBytes + offsets_bytes);
  text.insert(text.size() - end, bytes - text.size(), '\0');
  const auto block = std::as_writable_bytes(std::span(text));
  const auto kind = static_cast<table::BlockKind>(1 + mode % 7);
  const table::BlockPlace place{path, id, kPage, kind};
  if (mode >= 64) table::SealBlock(id, kPage, kind, block);
  switch (kind) {
    case table::BlockKind::kHead: {
      if (mode >= 64) {
        table::HeadPage own;
        std::memcpy(&own.file_id, block.data() + 56, sizeof own.file_id);
        table::SealBlock(own.file_id, 0, kind, block.first(kPage));
      }
      table::HeadPage head;
      if (!table::DecodeHead(path, block.first(kPage), true, &head).ok()) return 0;
      std::vector<std::byte> again(kPage);
      table::EncodeHead(head, again);
      FUZZ_CHECK(std::memcmp(again.data(), block.data(), kPage) == 0);
      return 0;
    }
    case table::BlockKind::kFooter: {
      base::Id128 own;
      std::memcpy(&own, block.data() + 16, sizeof own);
      uint64_t file_bytes = 0;
      std::memcpy(&file_bytes, block.data() + 32, sizeof file_bytes);
      file_bytes = std::max<uint64_t>(file_bytes, kPage);
      if (mode >= 64) table::SealBlock(own, file_bytes - kPage, kind, block.first(kPage));
      table::FooterPage footer;
      if (!table::DecodeFooter(path, file_bytes, block.first(kPage), &footer).ok()) return 0;
      std::vector<std::byte> again(kPage);
      table::EncodeFooter(footer, again);
      FUZZ_CHECK(std::memcmp(again.data(), block.data(), kPage) == 0);
      return 0;
    }
    case table::BlockKind::kFilter:
      (void)table::CheckFilterPage(place, block.first(kPage));
      return 0;
    default:
      break;
  }
  if (!table::CheckBlock(place, block).ok()) return 0;
  const table::BlockView view(block);
  FUZZ_CHECK(view.count() > 0);
  Walk(view);
  if (kind != table::BlockKind::kIndex && kind != table::BlockKind::kTopIndex) return 0;
  if (!table::CheckPartitionHandles(place, view, 1, 1 + view.count()).ok()) return 0;
  for (uint32_t i = 0; i < view.count(); ++i) FUZZ_CHECK(table::HandleAt(view, i).pages > 0);
  return 0;
}
