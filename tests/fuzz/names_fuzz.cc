// Names of files: one that is taken for ours is what its kind and number make; a directory of any
// names gets a verdict.
#include "engine/base/file_names.h"
#include "engine/base/limits.h"
#include "engine/manifest/directory_names.h"
#include "tests/fuzz/fuzz_input.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::FuzzInput input(data, size);
  std::vector<std::string> names;
  uint64_t highest = 0;
  while (!input.empty() && names.size() < 64) {
    names.push_back(input.Bytes(input.Byte()));
    const base::FileName name = base::ParseFileName(names.back());
    if (name.kind == base::FileKind::kUnknown) continue;
    FUZZ_CHECK(name.number <= base::kFileNumberMax);
    FUZZ_CHECK(base::MakeFileName(name.kind, name.number) == names.back());
    highest = std::max(highest, name.number);
  }
  FUZZ_CHECK(manifest::HighestNumber(names) == highest);
  const std::string_view foreign = manifest::RecogniseForeign(names);
  FUZZ_CHECK(foreign.empty() || !manifest::LooksLikeOurs(names));
  if (!foreign.empty()) FUZZ_CHECK(manifest::HasCurrent(names));
  (void)manifest::CreationNeverEnded(names);
  return 0;
}
