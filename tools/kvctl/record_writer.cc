#include "tools/kvctl/record_writer.h"

#include "tools/kvctl/ndjson.h"

namespace treering::kvctl {
namespace {

void AppendCsvField(std::string_view field, std::string* text) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
    *text += field;
    return;
  }
  *text += '"';
  for (const char c : field) {
    if (c == '"') *text += '"';
    *text += c;
  }
  *text += '"';
}

}  // namespace

void AppendJsonObject(const RecordShape& shape, std::string_view key, std::string_view value,
                      std::string* text) {
  *text += '{';
  AppendJsonField("key", key, shape.key_form, text);
  if (!shape.keys_only) {
    *text += ',';
    AppendJsonField("value", value, shape.value_form, text);
  }
  *text += '}';
}

bool RecordWriter::Begin() {
  if (shape_.format == OutputFormat::kJson) return out_->Write("[");
  if (shape_.format != OutputFormat::kCsv) return true;
  return out_->Write(shape_.keys_only ? "key\r\n" : "key,value\r\n");
}

void RecordWriter::AppendField(std::string_view bytes, TextForm form, std::string* text) const {
  if (form == TextForm::kHex || shape_.format == OutputFormat::kHex) {
    AppendHex(bytes, text);
  } else if (form == TextForm::kBase64) {
    AppendBase64(bytes, text);
  } else if (shape_.format == OutputFormat::kCsv) {
    AppendCsvField(bytes, text);
  } else if (shape_.format == OutputFormat::kRaw) {
    *text += bytes;
  } else {
    AppendEscaped(bytes, text);
  }
}

bool RecordWriter::Write(std::string_view key, std::string_view value) {
  line_.clear();
  if (shape_.format == OutputFormat::kJson || shape_.format == OutputFormat::kNdjson) {
    if (shape_.format == OutputFormat::kJson) line_ += is_first_ ? "\n" : ",\n";
    AppendJsonObject(shape_, key, value, &line_);
    if (shape_.format == OutputFormat::kNdjson) line_ += '\n';
  } else {
    const bool is_csv = shape_.format == OutputFormat::kCsv;
    AppendField(key, shape_.key_form, &line_);
    if (!shape_.keys_only) {
      line_ += is_csv ? ',' : '\t';
      AppendField(value, shape_.value_form, &line_);
    }
    line_ += is_csv ? "\r\n" : "\n";
  }
  is_first_ = false;
  return out_->Write(line_);
}

bool RecordWriter::End() {
  if (shape_.format != OutputFormat::kJson) return true;
  return out_->Write(is_first_ ? "]\n" : "\n]\n");
}

}  // namespace treering::kvctl
