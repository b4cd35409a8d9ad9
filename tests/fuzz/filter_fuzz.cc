// A filter page: one that is made of keys says yes to each of them; one of any bytes, its sum made
// right or not, answers any hash and any number of probes or is refused.
#include "engine/table/block_check.h"
#include "engine/table/filter_format.h"
#include "engine/table/table_format.h"
#include "tests/fuzz/fuzz_input.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

constexpr base::Id128 kFileId{31, 33};
constexpr uint64_t kOffset = 8 * base::kPageBytes;

Status Check(std::span<const std::byte> page) {
  static const std::string path = "000001.sst";
  return table::CheckFilterPage({path, kFileId, kOffset, table::BlockKind::kFilter}, page);
}

// The trailer: kind and raw length, of docs/format/table.md.
void Finish(std::string* page) {
  char* const trailer = page->data() + page->size() - table::kTrailerBytes;
  trailer[1] = static_cast<char>(table::BlockKind::kFilter);
  trailer[4] = static_cast<char>(table::kFilterRawBytes & 255);
  trailer[5] = static_cast<char>(table::kFilterRawBytes >> 8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::FuzzInput input(data, size);
  const uint8_t mode = input.Byte();
  const uint32_t probes = input.Byte() % (table::kFilterProbesMax + 1);
  std::string page(base::kPageBytes, '\0');
  const auto bytes = std::as_writable_bytes(std::span(page));
  const uint64_t seed = table::FilterSeed({input.Byte(), 1});
  std::vector<uint64_t> hashes;
  for (int keys = input.Byte(); keys > 0 && !input.empty(); --keys) {
    const std::string key = input.Bytes(input.Byte() % 32);
    hashes.push_back(table::FilterHash(key, seed));
    FUZZ_CHECK(table::FilterPageOf(hashes.back(), 1 + mode) <= mode);
    table::FilterAdd(hashes.back(), probes, bytes.data());
  }
  Finish(&page);
  table::SealBlock(kFileId, kOffset, table::BlockKind::kFilter, bytes);
  FUZZ_CHECK(Check(bytes).ok());
  for (const uint64_t hash : hashes) {
    FUZZ_CHECK(table::FilterMayMatch(hash, probes, bytes.data()));
  }

  fuzz::Damage(&input, &page);
  page.resize(base::kPageBytes, '\0');
  const auto damaged = std::as_writable_bytes(std::span(page));
  if (mode % 2 != 0) table::SealBlock(kFileId, kOffset, table::BlockKind::kFilter, damaged);
  if (!Check(damaged).ok()) return 0;
  for (const uint64_t hash : hashes) (void)table::FilterMayMatch(hash, probes, damaged.data());
  return 0;
}
