// A manifest, block by block: edits of the input in groups and blocks whose sums and chain are
// right, or the input as it is.
#include <cstring>

#include "api/comparator.h"
#include "engine/manifest/edit_group.h"
#include "engine/manifest/manifest_block.h"
#include "engine/manifest/manifest_replay.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

constexpr base::Id128 kId{21, 23};

std::string FirstEdit() {
  manifest::VersionEdit edit;
  edit.snapshot = manifest::SnapshotPart::kLast;
  edit.database_id = base::Id128{1, 2};
  edit.comparator = std::string(BytewiseComparator()->Name());
  edit.generation = 1;
  edit.next_file_number = 10;
  edit.manifest_blocks = 64;
  std::string body;
  FUZZ_CHECK(manifest::EncodeEdit(edit, &body).ok());
  return body;
}

// Gives the group's blocks to the replay; false when it has had enough.
class Feeder {
 public:
  explicit Feeder(manifest::ManifestReplay* replay) : replay_(replay) {}

  bool Group(const std::string& body) {
    const std::string group = manifest::EncodeGroup(kId, ++edit_, body);
    const size_t payload = manifest::BlockPayloadBytesMax();
    for (size_t at = 0; at < group.size(); at += payload) {
      manifest::ManifestBlock block;
      block.index = index_;
      block.edit_number = edit_;
      block.first = at == 0;
      block.last = at + payload >= group.size();
      block.previous_sum = previous_sum_;
      block.payload = Slice(group.data() + at, std::min(payload, group.size() - at));
      std::vector<std::byte> page(4096);
      manifest::EncodeBlock({6, kId}, &block, page);
      previous_sum_ = block.sum;
      ++index_;
      if (!replay_->WantsMore() || !replay_->Feed(page).ok()) return false;
    }
    return true;
  }

 private:
  manifest::ManifestReplay* const replay_;
  uint64_t edit_ = 0;
  uint64_t index_ = 0;
  uint64_t previous_sum_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::FuzzInput input(data, size);
  const uint8_t mode = input.Byte();
  const fuzz::HeapMeter heap;
  manifest::ManifestReplay replay({6, kId}, key::KeyOrder(BytewiseComparator()), mode / 4 % 4);
  if (mode % 4 == 0) {
    while (!input.empty() && replay.WantsMore()) {
      std::string page = input.Bytes(4096);
      page.resize(4096);
      if (!replay.Feed(std::as_bytes(std::span(page))).ok()) return 0;
    }
  } else {
    Feeder feeder(&replay);
    if (mode % 4 != 1 && !feeder.Group(FirstEdit())) return 0;
    while (!input.empty()) {
      if (!feeder.Group(input.Bytes(input.Number(2)))) return 0;
    }
  }
  const auto outcome = replay.Finish();
  FUZZ_CHECK(heap.PeakBytes() <= 64 * size + (64u << 10));
  if (outcome.ok()) FUZZ_CHECK(outcome->state.version != nullptr);
  return 0;
}
