#include "tools/kvctl/key_range.h"

namespace treering::kvctl {
namespace {

Status DecodeOne(const char* option, const std::optional<std::string>& text, TextForm form,
                 std::string* bytes, Slice* slice) {
  if (!text.has_value()) return Status::Ok();
  Result<std::string> decoded = DecodeArgument(*text, form);
  if (!decoded.ok()) {
    return Status::InvalidArgument(std::string(option) + ": " +
                                   std::string(decoded.status().message()));
  }
  *bytes = *std::move(decoded);
  *slice = Slice(*bytes);
  return Status::Ok();
}

}  // namespace

void KeyRange::Declare(Arguments* arguments) {
  arguments->Option("--from", "KEY", "the first key (inclusive)", &from_text_);
  arguments->Option("--to", "KEY", "the end (exclusive)", &to_text_);
}

Status KeyRange::Decode(TextForm form) {
  Status status = DecodeOne("--from", from_text_, form, &from_, &begin_);
  if (status.ok()) status = DecodeOne("--to", to_text_, form, &to_, &end_);
  return status;
}

ReadOptions KeyRange::ForScan() const {
  ReadOptions options;
  options.fill_cache = false;
  options.lower_bound = begin();
  options.upper_bound = end();
  return options;
}

}  // namespace treering::kvctl
