// CURRENT: two right slots, damaged; with their sums made right again, or not.
#include <cstring>

#include "engine/base/coding.h"
#include "engine/manifest/current_format.h"
#include "tests/fuzz/fuzz_input.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

std::string Whole() {
  std::string file(manifest::kCurrentBytes, '\0');
  const auto bytes = std::as_writable_bytes(std::span(file));
  manifest::CurrentSlot slot;
  slot.copy = 4;
  slot.generation = 2;
  slot.manifest_number = 7;
  slot.manifest_id = {1, 2};
  slot.database_id = {3, 4};
  slot.promise = 1;
  manifest::EncodeSlot(&slot, 0, bytes.first(manifest::kSlotBytes));
  slot.copy = 5;
  slot.manifest_number = 8;
  slot.parent_sum = slot.sum;
  manifest::EncodeSlot(&slot, 1, bytes.subspan(manifest::kSlotBytes));
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string whole = Whole();
  fuzz::FuzzInput input(data, size);
  const bool sealed = input.Byte() % 2 != 0;
  std::string file = whole;
  fuzz::Damage(&input, &file);
  for (uint32_t i = 0; sealed && i < file.size() / manifest::kSlotBytes && i < 2; ++i) {
    char* const p = file.data() + i * manifest::kSlotBytes;
    base::Store64(p + manifest::kSlotSumAt, base::Xxh3(p, manifest::kSlotSumAt, i));
  }
  const auto bytes = std::as_writable_bytes(std::span(file));
  const auto choice = manifest::ChooseSlot(bytes);
  if (!choice.ok()) return 0;
  // What was accepted encodes back to what was there.
  std::string again(manifest::kSlotBytes, '\0');
  manifest::CurrentSlot slot = choice->slot;
  manifest::EncodeSlot(&slot, choice->index, std::as_writable_bytes(std::span(again)));
  FUZZ_CHECK(again == file.substr(choice->index * manifest::kSlotBytes, manifest::kSlotBytes));
  return 0;
}
