// RecordWriter: records in the output formats that people and programs read.
//
//   text    key TAB value, what is not printable escaped; one line a record
//   json    one array of objects        ndjson  one object a line
//   csv     RFC 4180, with a header     hex     key TAB value in hex
//   raw     key TAB value, bytes as they are
//
// Owner: the command that prints.
// Threads: one at a time.
// Invariants:
//   1. Begin, records, End: the text of each format is complete then, also without any record.
#ifndef TREERING_TOOLS_KVCTL_RECORD_WRITER_H_
#define TREERING_TOOLS_KVCTL_RECORD_WRITER_H_

#include <string>
#include <string_view>

#include "tools/kvctl/encoding.h"
#include "tools/kvctl/output.h"

namespace treering::kvctl {

enum class OutputFormat { kText, kJson, kNdjson, kCsv, kHex, kRaw };

struct RecordShape {
  OutputFormat format = OutputFormat::kText;
  TextForm key_form = TextForm::kAuto;
  TextForm value_form = TextForm::kAuto;
  bool keys_only = false;
};

class RecordWriter {
 public:
  RecordWriter(const RecordShape& shape, Output* out) : shape_(shape), out_(out) {}

  // False as Output::Write: nobody wants more.
  bool Begin();
  bool Write(std::string_view key, std::string_view value);
  bool End();

 private:
  void AppendField(std::string_view bytes, TextForm form, std::string* text) const;

  const RecordShape shape_;
  Output* const out_;
  bool is_first_ = true;
  std::string line_;  // kept for its capacity
};

// {"key":...,"value":...} in the given shape, without a newline.
void AppendJsonObject(const RecordShape& shape, std::string_view key, std::string_view value,
                      std::string* text);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_RECORD_WRITER_H_
