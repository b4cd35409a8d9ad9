// Options of any values: what is accepted lies in its range, says so in its text, and is accepted
// again with the same result. (None are stored: the comparator's name, the one thing a database
// keeps of them, is in the manifest.)
#include "engine/db/effective_options.h"
#include "tests/fuzz/fuzz_input.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

class Named final : public Comparator {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  std::string_view Name() const override { return name_; }
  int Compare(const Slice& a, const Slice& b) const override { return a.Compare(b); }

 private:
  const std::string name_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::FuzzInput input(data, size);
  const uint64_t budget = input.Number(8);
  const Named named(std::string(input.Number(2), 'c'));
  Options options;
  const uint8_t flags = input.Byte();
  options.create_if_missing = flags & 1;
  options.error_if_exists = flags & 2;
  options.read_only = flags & 4;
  options.disable_auto_compactions = flags & 8;
  if (flags & 16) options.comparator = &named;
  if ((flags & 96) == 96) options.comparator = nullptr;
  options.durability = static_cast<Durability>(input.Byte());
  options.log = static_cast<LogMode>(input.Byte());
  options.memtable_bytes = input.Number(8);
  options.table_bytes = input.Number(8);
  options.block_bytes = static_cast<uint32_t>(input.Number(4));
  options.bloom_bits_per_key = static_cast<uint32_t>(input.Number(4));
  options.level0_trigger = static_cast<uint32_t>(input.Number(4));
  options.level_base_bytes = input.Number(8);
  options.level_multiplier = static_cast<uint32_t>(input.Number(4));
  while (!input.empty()) {
    options.compression_per_level.push_back(static_cast<Compression>(input.Byte()));
  }
  const auto resolved = db::ResolveOptions(options, budget);
  if (!resolved.ok()) {
    FUZZ_CHECK(resolved.status().IsInvalidArgument() || resolved.status().IsNotSupported());
    FUZZ_CHECK(!resolved.status().message().empty());
    return 0;
  }
  const Options& user = resolved->user;
  FUZZ_CHECK(resolved->memtable_bytes >= 64u << 10);
  FUZZ_CHECK(user.block_bytes >= 4096 && user.block_bytes <= 64u << 10);
  FUZZ_CHECK(user.bloom_bits_per_key <= 32 && user.level_multiplier >= 2);
  const auto again = db::ResolveOptions(user, budget);
  FUZZ_CHECK(again.ok() && again->ToText() == resolved->ToText());
  FUZZ_CHECK(again->memtable_bytes == resolved->memtable_bytes &&
             again->batch_bytes_max == resolved->batch_bytes_max);
  return 0;
}
