#include "tools/kvctl/ndjson.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace treering::kvctl {
namespace {

using nlohmann::json;

// nlohmann's text behind `prefix_end`, escaped; its own prefix is
// "[json.exception...] parse error at line 1, column 5: ", or the bracket alone.
std::string Reason(const json::exception& error, std::string_view prefix_end) {
  std::string_view what = error.what();
  if (const size_t at = what.find(prefix_end); at != std::string_view::npos) {
    what.remove_prefix(at + prefix_end.size());
  }
  std::string text;
  AppendEscaped(what, &text);
  return text;
}

// The JSON value that `line` is. InvalidArgument when it is none, or an object with two fields of
// one name, of which nlohmann would keep the last.
Status ParseLine(std::string_view line, json* value) {
  std::set<std::string> fields;
  std::string twice;
  const auto note = [&](int depth, json::parse_event_t event, const json& parsed) {
    if (event != json::parse_event_t::key || depth != 1) return true;
    const auto& field = parsed.get_ref<const std::string&>();
    if (!fields.insert(field).second && twice.empty()) {
      twice = "\"";
      AppendEscaped(field, &twice);
      twice += "\" is given twice";
    }
    return true;
  };
  try {
    *value = json::parse(line, note);
  } catch (const json::parse_error& error) {
    return Status::InvalidArgument("not JSON at column " + std::to_string(error.byte) + ": " +
                                   Reason(error, ": "));
  } catch (const json::exception& error) {  // such as a number beyond all doubles
    return Status::InvalidArgument("not usable: " + Reason(error, "] "));
  }
  return twice.empty() ? Status::Ok() : Status::InvalidArgument(twice);
}

// What "name", "name_b64" or "name_hex" holds, as bytes.
Status Take(const std::string& field, std::string_view name, const json& content,
            std::optional<std::string>* bytes) {
  const std::string form = field.substr(name.size());
  if (bytes->has_value()) {
    return Status::InvalidArgument("the " + std::string(name) + " is given twice, here as \"" +
                                   field + "\"");
  }
  if (!content.is_string()) {
    return Status::InvalidArgument("\"" + field + "\" is not a string but of type " +
                                   content.type_name());
  }
  const auto& text = content.get_ref<const std::string&>();
  Result<std::string> decoded =
      form == "_b64" ? DecodeBase64(text) : (form == "_hex" ? DecodeHex(text) : text);
  if (!decoded.ok()) {
    return Status::InvalidArgument("\"" + field + "\": " + std::string(decoded.status().message()));
  }
  *bytes = *std::move(decoded);
  return Status::Ok();
}

}  // namespace

Status DecodeJsonRecord(std::string_view line, Record* record) {
  json object;
  if (Status status = ParseLine(line, &object); !status.ok()) return status;
  if (!object.is_object()) {
    return Status::InvalidArgument(
        std::string("expected an object with \"key\" and \"value\", found ") + object.type_name());
  }
  std::optional<std::string> key;
  std::optional<std::string> value;
  for (const auto& [field, content] : object.items()) {
    Status status;
    if (field == "key" || field == "key_b64" || field == "key_hex") {
      status = Take(field, "key", content, &key);
    } else if (field == "value" || field == "value_b64" || field == "value_hex") {
      status = Take(field, "value", content, &value);
    } else {
      std::string shown;
      AppendEscaped(field, &shown);
      status = Status::InvalidArgument("unknown field \"" + shown +
                                       "\"; known are key, value and both with _b64 or _hex");
    }
    if (!status.ok()) return status;
  }
  if (!key.has_value()) return Status::InvalidArgument("no \"key\" (nor \"key_b64\")");
  if (!value.has_value()) return Status::InvalidArgument("no \"value\" (nor \"value_b64\")");
  record->key = *std::move(key);
  record->value = *std::move(value);
  return Status::Ok();
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
