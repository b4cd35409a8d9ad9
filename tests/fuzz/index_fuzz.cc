// The two levels of an index: blocks of entries that the input makes, right but for what it says,
// whole as blocks. What is accepted tiles its area, in order, and every search of it ends inside.
#include "api/comparator.h"
#include "engine/base/coding.h"
#include "engine/table/block_check.h"
#include "engine/table/top_index.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

constexpr base::Id128 kFileId{31, 33};
constexpr uint64_t kPage = base::kPageBytes;

// A block of raw entries, laid out as docs/format/table.md says.
std::string Layout(const std::vector<std::string>& entries, table::BlockKind kind) {
  std::string raw;
  std::vector<uint32_t> offsets;
  for (const std::string& entry : entries) {
    offsets.push_back(static_cast<uint32_t>(raw.size()));
    raw += entry;
  }
  const size_t narrow = raw.size() + 2 * entries.size() + table::kTrailerBytes;
  const size_t width = table::OffsetWidth(table::PagesFor(narrow) * kPage);
  std::string tail;
  for (const uint32_t offset : offsets) {
    tail.append(reinterpret_cast<const char*>(&offset), width);
  }
  tail += '\0';
  tail += static_cast<char>(kind);
  tail.append(2, '\0');
  base::AppendFixed32(&tail, static_cast<uint32_t>(raw.size()));
  base::AppendFixed32(&tail, static_cast<uint32_t>(entries.size()));
  tail.append(4 + table::kSumBytes, '\0');
  const size_t bytes = table::PagesFor(raw.size() + tail.size()) * kPage;
  raw.append(bytes - raw.size() - tail.size(), '\0');
  return raw + tail;
}

// The number that would be right, or whatever the input says.
uint32_t Number(fuzz::FuzzInput* input, uint64_t right) {
  const uint8_t how = input->Byte();
  return static_cast<uint32_t>(how < 224 ? right : input->Number(4));
}

struct Made {
  std::vector<std::string> entries;
  uint64_t end_page = 0;  // behind the last handle
  uint64_t data_page = 1;
};

// Entries whose handles follow each other from `page` on. With `top` each names its first data page
// too.
Made MakeEntries(fuzz::FuzzInput* input, uint64_t page, bool top) {
  Made made;
  uint8_t counter = 0;
  while (!input->empty() && made.entries.size() < 300) {
    std::string key(1, static_cast<char>(Number(input, counter++)));
    key += input->Bytes(input->Byte() % 8);
    base::AppendFixed64(&key, input->Byte());
    table::BlockHandle handle;
    handle.page = Number(input, page);
    handle.pages = Number(input, 1 + input->Byte() % 3);
    std::string value;
    table::AppendHandle(&value, handle);
    if (top) base::AppendVarint32(&value, Number(input, made.data_page));
    if (input->Byte() == 255) value += input->Bytes(input->Byte() % 4);
    std::string entry;
    base::AppendVarint32(&entry, static_cast<uint32_t>(key.size() - key::kTagBytes));
    base::AppendVarint32(&entry, static_cast<uint32_t>(value.size()));
    made.entries.push_back(entry + key + value);
    page = handle.end_page();
    made.data_page += 1 + input->Byte() % 3;
    made.end_page = page;
  }
  return made;
}

void CheckTop(const table::TopIndex& top, const table::FooterPage& footer,
              const key::KeyOrder& order) {
  uint64_t page = footer.index_offset / kPage;
  uint64_t data_page = 1;
  for (uint32_t i = 0; i < top.count(); ++i) {
    const table::BlockHandle& handle = top.partition(i).handle;
    FUZZ_CHECK(handle.page == page && handle.pages > 0);
    FUZZ_CHECK(top.partition(i).data_page == data_page && top.data_end_page(i) > data_page);
    FUZZ_CHECK(top.PartitionAtPage(page) == i);
    const Slice separator = top.separator(i);
    FUZZ_CHECK(top.Find(order, key::UserKey(separator), key::Tag(separator)) == i);
    if (i > 0) FUZZ_CHECK(order.Compare(top.separator(i - 1), separator) < 0);
    page = handle.end_page();
    data_page = top.data_end_page(i);
  }
  FUZZ_CHECK(page == footer.filter_offset / kPage && data_page == footer.index_offset / kPage);
  FUZZ_CHECK(top.PartitionAtPage(page) == top.count());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string path = "000001.sst";
  const key::KeyOrder order(BytewiseComparator());
  fuzz::FuzzInput input(data, size);
  const bool is_top = input.Byte() % 2 != 0;
  const uint32_t first_page = is_top ? 1 + input.Byte() : 1;
  const uint8_t end = input.Byte();
  const uint8_t count = input.Byte();
  const Made made = MakeEntries(&input, first_page, is_top);
  if (made.entries.empty()) return 0;
  const auto kind = is_top ? table::BlockKind::kTopIndex : table::BlockKind::kIndex;
  std::string block = Layout(made.entries, kind);
  const table::BlockPlace place{path, kFileId, 64 * kPage, kind};
  const auto bytes = std::as_writable_bytes(std::span(block));
  table::SealBlock(kFileId, place.offset, kind, bytes);
  FUZZ_CHECK(table::CheckBlock(place, bytes).ok());
  const table::BlockView view(bytes);
  const uint64_t end_page = made.end_page + (end < 224 ? 0 : end - 224);
  if (!is_top) {
    const auto last = static_cast<uint32_t>(std::min<uint64_t>(end_page, UINT32_MAX));
    if (!table::CheckPartitionHandles(place, view, first_page, last).ok()) return 0;
    uint64_t page = first_page;
    for (uint32_t i = 0; i < view.count(); ++i) {
      const table::BlockHandle handle = table::HandleAt(view, i);
      FUZZ_CHECK(handle.page == page && handle.pages > 0);
      page = handle.end_page();
    }
    FUZZ_CHECK(page == last);
    return 0;
  }
  table::FooterPage footer;
  footer.index_offset = first_page * kPage;
  footer.filter_offset = end_page * kPage;
  footer.index_partitions = count < 224 ? view.count() : count;
  const fuzz::HeapMeter heap;
  table::TopIndex top;
  if (top.Parse(place, footer, order, bytes).ok()) CheckTop(top, footer, order);
  FUZZ_CHECK(heap.PeakBytes() <= 4 * block.size() + 4096 + view.count() * 64);
  return 0;
}
