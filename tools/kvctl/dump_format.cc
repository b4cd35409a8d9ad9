#include "tools/kvctl/dump_format.h"

#include "tools/kvctl/encoding.h"

namespace treering::kvctl {
namespace {

constexpr std::string_view kHeaderEnd = "HEADER=END";
constexpr std::string_view kDataEnd = "DATA=END";

}  // namespace

Result<std::string> DecodeDumpPrint(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      bytes += '\\';
      i += 1;
    } else {
      const Result<std::string> byte = DecodeHex(text.substr(i + 1, 2));
      if (!byte.ok() || byte->size() != 1) {
        return Status::InvalidArgument("a backslash at column " + std::to_string(i + 1) +
                                       " is not followed by two hex digits or another backslash");
      }
      bytes += *byte;
      i += 2;
    }
  }
  return bytes;
}

Status DumpReader::CheckHeader() const {
  const bool is_numbered = type_ == "recno" || type_ == "queue";
  if (keys_ == "0" || (is_numbered && keys_ != "1")) {
    return lines_->Error("a dump without keys (" + (is_numbered ? "type=" + type_ : "keys=0") +
                         "); dump it with 'db5.3_dump -k' to have them");
  }
  return Status::Ok();
}

Status DumpReader::ReadHeader() {
  std::string_view line;
  while (true) {
    const Result<bool> found = lines_->Next(&line);
    if (!found.ok()) return found.status();
    if (!*found) return lines_->Error("the input ends in the header, before HEADER=END");
    if (line == kHeaderEnd) return CheckHeader();
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      return lines_->Error("expected name=value in the header, or HEADER=END");
    }
    const std::string_view name = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (name == "VERSION" && value != "2" && value != "3") {
      return lines_->Error("VERSION=3 is what can be read; this is another");
    } else if (name == "format" && value != "bytevalue" && value != "print") {
      return lines_->Error("format= is neither bytevalue nor print");
    } else if (name == "format") {
      is_print_ = value == "print";
    } else if (name == "type") {
      type_ = value;
    } else if (name == "keys") {
      keys_ = value;
    }
  }
}

Result<bool> DumpReader::ReadDatum(std::string_view what, std::string* bytes) {
  std::string_view line;
  const Result<bool> found = lines_->Next(&line);
  if (!found.ok()) return found.status();
  if (!*found) {
    return lines_->Error("the input ends behind this line without DATA=END: it was cut off");
  }
  if (line == kDataEnd) return false;
  if (line.empty() || line[0] != ' ') {
    return lines_->Error("expected a space and then the " + std::string(what) + ", or DATA=END");
  }
  line.remove_prefix(1);
  Result<std::string> decoded = is_print_ ? DecodeDumpPrint(line) : DecodeHex(line);
  if (!decoded.ok()) {
    return lines_->Error("the " + std::string(what) + ": " +
                         std::string(decoded.status().message()));
  }
  *bytes = *std::move(decoded);
  return true;
}

Status DumpReader::CheckEnd() {
  std::string_view line;
  while (true) {
    const Result<bool> found = lines_->Next(&line);
    if (!found.ok()) return found.status();
    if (!*found) return Status::Ok();
    if (line.starts_with(kDumpFirstLine)) {
      return lines_->Error(
          "a second database begins; load takes one (dump one alone: 'mdb_dump -s NAME' or "
          "'db5.3_dump -s NAME')");
    }
    if (!line.empty()) return lines_->Error("text behind DATA=END");
  }
}

Result<bool> DumpReader::Next(Record* record) {
  if (at_end_) return false;
  if (!has_header_) {
    has_header_ = true;
    if (Status status = ReadHeader(); !status.ok()) return status;
  }
  const Result<bool> has_key = ReadDatum("key", &record->key);
  if (!has_key.ok()) return has_key.status();
  if (!*has_key) {
    at_end_ = true;
    if (Status status = CheckEnd(); !status.ok()) return status;
    return false;
  }
  const Result<bool> has_value = ReadDatum("value", &record->value);
  if (has_value.ok() && !*has_value) return lines_->Error("DATA=END where a value was expected");
  return has_value;
}

bool WriteDumpHeader(Output* out) {
  return out->Write("VERSION=3\nformat=bytevalue\ntype=btree\nHEADER=END\n");
}

bool WriteDumpRecord(std::string_view key, std::string_view value, Output* out) {
  std::string lines = " ";
  lines.reserve(2 * (key.size() + value.size()) + 4);
  AppendHex(key, &lines);
  lines += "\n ";
  AppendHex(value, &lines);
  lines += '\n';
  return out->Write(lines);
}

bool WriteDumpEnd(Output* out) { return out->Write("DATA=END\n"); }

}  // namespace treering::kvctl
