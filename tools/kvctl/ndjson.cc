#include "tools/kvctl/ndjson.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace treering::kvctl {
namespace {

using nlohmann::json;

constexpr size_t kReasonBytesMax = 100;
constexpr size_t kNameBytesMax = 50;

// The beginning of `text`, escaped: a message stays short whatever was read.
std::string Shown(std::string_view text, size_t bytes_max) {
  std::string shown;
  AppendEscaped(text.substr(0, bytes_max), &shown);
  if (text.size() > bytes_max) shown += "...";
  return shown;
}

// nlohmann's text behind `prefix_end`, escaped; its own prefix is
// "[json.exception...] parse error at line 1, column 5: ", or the bracket alone.
std::string Reason(const json::exception& error, std::string_view prefix_end) {
  std::string_view what = error.what();
  if (const size_t at = what.find(prefix_end); at != std::string_view::npos) {
    what.remove_prefix(at + prefix_end.size());
  }
  return Shown(what, kReasonBytesMax);
}

// Takes a record out of a line as it is parsed, and keeps nothing else of it: what a line may cost
// in memory follows from its length, however it is nested. The first thing that is wrong is what is
// said; where the line is no JSON at all, that.
class RecordParser final : public nlohmann::json_sax<json> {
 public:
  Status Finish(Record* record) {
    if (!syntax_.ok()) return syntax_;
    if (!problem_.ok()) return problem_;
    if (!key_.has_value()) return Status::InvalidArgument("no \"key\" (nor \"key_b64\")");
    if (!value_.has_value()) return Status::InvalidArgument("no \"value\" (nor \"value_b64\")");
    record->key = *std::move(key_);
    record->value = *std::move(value_);
    return Status::Ok();
  }

  bool null() override { return NotText("null"); }
  bool boolean(bool) override { return NotText("boolean"); }
  bool number_integer(number_integer_t) override { return NotText("number"); }
  bool number_unsigned(number_unsigned_t) override { return NotText("number"); }
  bool number_float(number_float_t, const string_t&) override { return NotText("number"); }
  bool binary(binary_t&) override { return NotText("binary"); }
  bool start_array(size_t) override {
    NotText("array");
    ++depth_;
    return true;
  }
  bool end_array() override { return End(); }
  bool start_object(size_t) override {
    if (depth_ > 0) NotText("object");
    ++depth_;
    return true;
  }
  bool end_object() override { return End(); }
  bool key(string_t& name) override {
    if (depth_ == 1) Begin(name);
    return true;
  }
  bool string(string_t& text) override {
    if (depth_ == 0) return NotText("string");
    if (depth_ > 1 || field_.empty()) return true;
    const bool is_key = field_.starts_with("key");
    std::optional<std::string>* const bytes = is_key ? &key_ : &value_;
    if (bytes->has_value()) {
      Note("the " + std::string(is_key ? "key" : "value") + " is given twice, here as \"" + field_ +
           "\"");
      return true;
    }
    Result<std::string> decoded = field_.ends_with("_b64")   ? DecodeBase64(text)
                                  : field_.ends_with("_hex") ? DecodeHex(text)
                                                             : std::move(text);
    if (decoded.ok()) {
      *bytes = *std::move(decoded);
    } else {
      Note("\"" + field_ + "\": " + std::string(decoded.status().message()));
    }
    return true;
  }
  bool parse_error(size_t column, const std::string&, const json::exception& error) override {
    constexpr int kParseErrors = 100;  // to 199; others are such as a number beyond all doubles
    syntax_ = error.id / 100 * 100 == kParseErrors
                  ? Status::InvalidArgument("not JSON at column " + std::to_string(column) + ": " +
                                            Reason(error, ": "))
                  : Status::InvalidArgument("not usable: " + Reason(error, "] "));
    return false;
  }

 private:
  void Note(const std::string& what) {
    if (problem_.ok()) problem_ = Status::InvalidArgument(what);
  }

  // A field of the record begins.
  void Begin(const std::string& name) {
    static constexpr std::string_view kKnown[] = {"key",   "key_b64",   "key_hex",
                                                  "value", "value_b64", "value_hex"};
    field_.clear();
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown)) {
      Note("unknown field \"" + Shown(name, kNameBytesMax) +
           "\"; known are key, value and both with _b64 or _hex");
    } else if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) {
      Note("\"" + name + "\" is given twice");
    } else {
      seen_.push_back(name);
      field_ = name;
    }
  }
  // Something of this type stands where a record, or the text of a field, should.
  bool NotText(const char* type) {
    if (depth_ == 0) {
      Note(std::string("expected an object with \"key\" and \"value\", found ") + type);
    } else if (depth_ == 1 && !field_.empty()) {
      Note("\"" + field_ + "\" is not a string but of type " + type);
    }
    return true;
  }
  bool End() {
    --depth_;
    return true;
  }

  uint64_t depth_ = 0;
  std::string field_;  // the one whose text comes next; empty: nobody wants it
  std::vector<std::string> seen_;
  std::optional<std::string> key_;
  std::optional<std::string> value_;
  Status problem_;
  Status syntax_;
};

}  // namespace

Status DecodeJsonRecord(std::string_view line, Record* record) {
  RecordParser parser;
  json::sax_parse(line, &parser);
  return parser.Finish(record);
}

void AppendJsonField(std::string_view name, std::string_view bytes, TextForm form,
                     std::string* text) {
  *text += '"';
  *text += name;
  if (form == TextForm::kHex) {
    *text += "_hex\":\"";
    AppendHex(bytes, text);
    *text += '"';
  } else if (form == TextForm::kBase64 || !IsUtf8(bytes)) {
    *text += "_b64\":\"";
    AppendBase64(bytes, text);
    *text += '"';
  } else {
    *text += "\":";
    AppendJsonString(bytes, text);
  }
}

Result<bool> NdjsonReader::Next(Record* record) {
  std::string_view line;
  while (true) {
    const Result<bool> found = lines_->Next(&line);
    if (!found.ok() || !*found) return found;
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) break;  // blank lines are none
  }
  if (Status status = DecodeJsonRecord(line, record); !status.ok()) {
    return lines_->Error(status.message());
  }
  return true;
}

}  // namespace treering::kvctl
