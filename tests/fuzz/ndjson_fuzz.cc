// NDJSON that kvctl load takes: a record that is accepted is written back, in every form, to a line
// that gives it again; one that is not says why in a short text; memory follows the input's length.
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"
#include "tools/kvctl/ndjson.h"
#include "tools/kvctl/record_writer.h"
#include "tools/kvctl/text_input_testing.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

constexpr size_t kMessageBytesMax = 512;
constexpr size_t kLineBytesMax = 4096;

void CheckLine(std::string_view line, const kvctl::Record& expected) {
  kvctl::Record record;
  FUZZ_CHECK(kvctl::DecodeJsonRecord(line, &record).ok());
  FUZZ_CHECK(record.key == expected.key && record.value == expected.value);
}

void CheckAgain(const kvctl::Record& record) {
  using Form = kvctl::TextForm;
  for (const Form form : {Form::kAuto, Form::kText, Form::kHex, Form::kBase64}) {
    kvctl::RecordShape shape;
    shape.format = kvctl::OutputFormat::kNdjson;
    shape.key_form = form;
    shape.value_form = form;
    std::string line;
    kvctl::AppendJsonObject(shape, record.key, record.value, &line);
    FUZZ_CHECK(line.find('\n') == std::string::npos);
    CheckLine(line, record);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::string_view line = text.substr(0, text.find('\n'));
  kvctl::Record record;
  Status status;
  {
    const fuzz::HeapMeter heap;
    status = kvctl::DecodeJsonRecord(line, &record);
    FUZZ_CHECK(heap.PeakBytes() <= 16 * line.size() + 8192);
  }
  FUZZ_CHECK(status.message().size() <= kMessageBytesMax);
  if (status.ok()) {
    FUZZ_CHECK(record.key.size() + record.value.size() <= line.size());
    CheckLine(line, record);
    CheckAgain(record);
  }

  const kvctl::TextInput input(text);
  kvctl::LineReader lines(input.fd(), kLineBytesMax);
  kvctl::NdjsonReader reader(&lines);
  uint64_t bytes = 0;
  while (true) {
    const Result<bool> next = reader.Next(&record);
    if (!next.ok()) FUZZ_CHECK(next.status().message().size() <= kMessageBytesMax);
    if (!next.ok() || !*next) break;
    bytes += record.key.size() + record.value.size();
    FUZZ_CHECK(bytes <= size && lines.bytes_done() <= size + 1);
  }
  return 0;
}
