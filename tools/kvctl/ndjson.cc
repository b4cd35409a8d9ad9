#include "tools/kvctl/ndjson.h"

#include <nlohmann/json.hpp>
#include <optional>

namespace treering::kvctl {
namespace {

using nlohmann::json;

// nlohmann's text without its own prefix, "[json.exception...] parse error at line 1, column 5: ".
std::string Reason(const json::parse_error& error) {
  const std::string_view what = error.what();
  const size_t colon = what.find(": ");
  const std::string_view reason = colon == std::string_view::npos ? what : what.substr(colon + 2);
  std::string text = "not JSON at column " + std::to_string(error.byte) + ": ";
  AppendEscaped(reason, &text);
  return text;
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
  try {
    object = json::parse(line);
  } catch (const json::parse_error& error) {
    return Status::InvalidArgument(Reason(error));
  }
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
