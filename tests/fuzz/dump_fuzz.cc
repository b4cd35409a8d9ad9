// The dump format that kvctl load takes: what is accepted whole is written back to a dump that
// gives the same records; what is not says why in a short text.
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"
#include "tools/kvctl/dump_format.h"
#include "tools/kvctl/text_input_testing.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kMessageBytesMax = 512;
constexpr size_t kLineBytesMax = 4096;

// Whether all of it was accepted.
bool ReadDump(int fd, Records* records) {
  kvctl::LineReader lines(fd, kLineBytesMax);
  kvctl::DumpReader reader(&lines);
  kvctl::Record record;
  while (true) {
    const Result<bool> next = reader.Next(&record);
    if (!next.ok()) FUZZ_CHECK(next.status().message().size() <= kMessageBytesMax);
    if (!next.ok()) return false;
    if (!*next) return true;
    records->emplace_back(record.key, record.value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const kvctl::TextInput input(text);
  Records records;
  const fuzz::HeapMeter heap;
  const bool whole = ReadDump(input.fd(), &records);
  FUZZ_CHECK(heap.PeakBytes() <= 32 * size + (2u << 20));
  uint64_t bytes = 0;
  for (const auto& [key, value] : records) bytes += key.size() + value.size();
  FUZZ_CHECK(bytes <= size);
  if (!whole) return 0;

  const kvctl::TextInput file("");
  {
    kvctl::Output out(file.fd(), "dump");
    FUZZ_CHECK(kvctl::WriteDumpHeader(&out));
    for (const auto& [key, value] : records) {
      FUZZ_CHECK(kvctl::WriteDumpRecord(key, value, &out));
    }
    FUZZ_CHECK(kvctl::WriteDumpEnd(&out) && out.Flush().ok());
  }
  FUZZ_CHECK(lseek(file.fd(), 0, SEEK_SET) == 0);
  Records again;
  FUZZ_CHECK(ReadDump(file.fd(), &again) && again == records);
  return 0;
}
