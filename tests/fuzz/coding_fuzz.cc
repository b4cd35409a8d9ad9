// Varints and length-prefixed bytes.
#include "engine/base/coding.h"
#include "tests/fuzz/fuzz_input.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const char* const begin = reinterpret_cast<const char*>(data);
  const char* const limit = begin + size;
  uint64_t wide = 0;
  if (const char* const end = base::DecodeVarint64(begin, limit, &wide)) {
    FUZZ_CHECK(end > begin && end <= limit && end - begin <= base::kVarint64BytesMax);
    std::string out;
    base::AppendVarint64(&out, wide);
    FUZZ_CHECK(static_cast<int>(out.size()) == base::VarintBytes(wide));
    uint64_t again = 0;
    FUZZ_CHECK(base::DecodeVarint64(out.data(), out.data() + out.size(), &again) ==
               out.data() + out.size());
    FUZZ_CHECK(again == wide);
  }
  uint32_t narrow = 0;
  if (const char* const end = base::DecodeVarint32(begin, limit, &narrow)) {
    FUZZ_CHECK(end > begin && end <= limit && end - begin <= base::kVarint32BytesMax);
    FUZZ_CHECK(base::DecodeVarint64(begin, limit, &wide) == end && wide == narrow);
  }
  Slice input(begin, size);
  while (!input.empty()) {
    const size_t before = input.size();
    if (!base::GetVarint64(&input, &wide)) break;
    FUZZ_CHECK(input.size() < before);
  }
  return 0;
}
