// NDJSON: one JSON object a line, {"key": ..., "value": ...}, read and written.
//
// Owner: the command that loads or prints.
// Threads: one at a time.
// Invariants:
//   1. Bytes that are not UTF-8 are written as "key_b64" and "value_b64" (base64); on demand as
//      "key_hex", "value_hex". Reading takes all three.
//   2. A line with a field that is none of these, or with two of one name, is an error: nothing is
//      dropped silently.
//   3. Memory follows the line's length, whatever is in it; an error is a short text.
#ifndef TREERING_TOOLS_KVCTL_NDJSON_H_
#define TREERING_TOOLS_KVCTL_NDJSON_H_

#include <string>
#include <string_view>

#include "tools/kvctl/encoding.h"
#include "tools/kvctl/line_reader.h"
#include "tools/kvctl/record.h"

namespace treering::kvctl {

// `line` is one object. InvalidArgument says what is wrong.
Status DecodeJsonRecord(std::string_view line, Record* record);

// One field, such as "key":"..." or "key_b64":"...". kText of bytes that are not UTF-8 is base64
// too: JSON has no other way.
void AppendJsonField(std::string_view name, std::string_view bytes, TextForm form,
                     std::string* text);

class NdjsonReader : public RecordSource {
 public:
  // `lines` outlives the reader.
  explicit NdjsonReader(LineReader* lines) : lines_(lines) {}
  Result<bool> Next(Record* record) override;

 private:
  LineReader* const lines_;
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_NDJSON_H_
