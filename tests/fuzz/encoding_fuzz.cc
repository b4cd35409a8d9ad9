// Bytes as text, and sizes: what is encoded decodes to the same bytes, what decodes encodes to the
// same text but for its letters' case.
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"
#include "tools/kvctl/byte_size.h"
#include "tools/kvctl/dump_format.h"
#include "tools/kvctl/encoding.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

void CheckEncodings(std::string_view bytes) {
  std::string hex;
  kvctl::AppendHex(bytes, &hex);
  const auto from_hex = kvctl::DecodeHex(hex);
  FUZZ_CHECK(from_hex.ok() && *from_hex == bytes);
  std::string base64;
  kvctl::AppendBase64(bytes, &base64);
  const auto from_base64 = kvctl::DecodeBase64(base64);
  FUZZ_CHECK(from_base64.ok() && *from_base64 == bytes);
  std::string shown;
  kvctl::AppendEscaped(bytes, &shown);
  FUZZ_CHECK(kvctl::IsUtf8(shown) && shown.size() <= 4 * bytes.size());
  for (const char c : shown) FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

// As decoders of text: any text may come.
void CheckDecodings(std::string_view text) {
  if (const auto bytes = kvctl::DecodeHex(text); bytes.ok()) {
    std::string again;
    kvctl::AppendHex(*bytes, &again);
    FUZZ_CHECK(again == Lower(text));
  }
  if (const auto bytes = kvctl::DecodeBase64(text); bytes.ok()) {
    std::string again;
    kvctl::AppendBase64(*bytes, &again);
    FUZZ_CHECK(again == text);
  }
  if (const auto bytes = kvctl::DecodeDumpPrint(text); bytes.ok()) {
    FUZZ_CHECK(bytes->size() <= text.size());
    std::string again;
    for (const char c : *bytes) {
      again += '\\';
      kvctl::AppendHex(std::string_view(&c, 1), &again);
    }
    const auto second = kvctl::DecodeDumpPrint(again);
    FUZZ_CHECK(second.ok() && *second == *bytes);
  }
  if (const auto number = kvctl::ParseNumber(text); number.ok()) {
    const auto again = kvctl::ParseNumber(std::to_string(*number));
    FUZZ_CHECK(again.ok() && *again == *number);
    FUZZ_CHECK(kvctl::ParseByteSize(text).ok());
    FUZZ_CHECK(!kvctl::FormatCount(*number).empty());
  }
  if (const auto bytes = kvctl::ParseByteSize(text); bytes.ok()) {
    const auto again = kvctl::ParseByteSize(std::to_string(*bytes));
    FUZZ_CHECK(again.ok() && *again == *bytes);
    FUZZ_CHECK(kvctl::FormatByteSize(*bytes).size() <= 16);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const fuzz::HeapMeter heap;
  CheckEncodings(text);
  CheckDecodings(text);
  FUZZ_CHECK(heap.PeakBytes() <= 64 * size + 4096);
  return 0;
}
