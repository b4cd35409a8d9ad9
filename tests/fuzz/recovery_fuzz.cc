// Log segments and tail as recovery finds them: files of a real log, damaged, with the sums and the
// chain made right again or not, and what the manifest says of them changed. Groups come out in
// order and whole, those of a log whose sums were left alone with the bytes that were written.
#include "engine/base/budget_unlimited.h"
#include "engine/base/file_names.h"
#include "engine/key/batch_reader.h"
#include "engine/wal/log_testing.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"
#include "tests/fuzz/log_seal.h"
#include "tests/support/memory_disk.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

using Files = testing::MemoryDisk::Files;

struct Base {
  Files files;
  wal::TestManifest manifest;
};

// Two segments with spills and promises, and a tail with records that were not spilled.
const Base& Whole() {
  static const Base* const base = [] {
    auto* const made = new Base;
    io::SimStorage storage;
    wal::TestHistory history;
    {
      io::SimDisk disk(&storage);
      wal::LogBench bench(&disk, &made->manifest, &history);
      FUZZ_CHECK(bench.Create().ok());
      for (int i = 0; i < 24; ++i) {
        const Durability durability = i % 6 == 5 ? Durability::kDisk : Durability::kProcess;
        FUZZ_CHECK(bench.Commit(i % 8 == 3 ? 9000 : 500 + i, durability).ok());
      }
      for (int i = 0; i < 3; ++i) FUZZ_CHECK(bench.Commit(100, Durability::kProcess).ok());
      storage.CrashNow();
    }
    storage.Restart(io::CrashKind::kProcessDeath, {}, 1);
    const size_t folder = std::string(wal::kTestDirectory).size() + 1;
    for (const std::string& path : storage.ListFiles()) {
      made->files[path.substr(folder)] = storage.ReadFile(path);
    }
    return made;
  }();
  return *base;
}

void ChangeManifest(fuzz::FuzzInput* input, wal::TestManifest* manifest) {
  wal::SegmentInfo& segment = manifest->segments[input->Byte() % manifest->segments.size()];
  switch (input->Byte() % 8) {
    case 0:
      manifest->start.lsn = input->Number(8);
      break;
    case 1:
      manifest->start.block_index = input->Number(8);
      break;
    case 2:
      manifest->start.sequence = input->Number(7);
      break;
    case 3:
      manifest->start.segment = input->Number(2);
      break;
    case 4:
      segment.blocks = input->Number(8);
      break;
    case 5:
      segment = manifest->segments[input->Byte() % manifest->segments.size()];
      break;
    case 6:
      manifest->tail_capacity = input->Number(8);
      break;
    default:
      manifest->generation = input->Number(8);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const files = new Files;
  *files = Whole().files;
  wal::TestManifest manifest = Whole().manifest;
  fuzz::FuzzInput input(data, size);
  const uint8_t mode = input.Byte();
  const bool sealed = mode % 2 != 0;
  uint64_t file_bytes = 0;
  for (auto& [name, content] : *files) {
    const std::string edit = input.Bytes(input.Byte());
    fuzz::FuzzInput part(reinterpret_cast<const uint8_t*>(edit.data()), edit.size());
    fuzz::Damage(&part, &content);
    file_bytes += content.size();
  }
  if (sealed) {
    const fuzz::LogIdentity log{manifest.database_id, manifest.generation, manifest.start,
                                manifest.segments, manifest.tail_capacity};
    fuzz::SealSegments(log, files);
    fuzz::SealTail(log, &files->at(base::MakeFileName(base::FileKind::kTail)));
  }
  if (mode % 4 >= 2) ChangeManifest(&input, &manifest);

  testing::MemoryDisk disk(files, 4u << 20);
  base::UnlimitedBudget budget;
  io::BufferPool buffers(disk.arena(), &budget);
  const auto directory = disk.OpenDirectory(wal::kTestDirectory, false);
  const auto queue = disk.NewQueue(16);
  FUZZ_CHECK(directory.ok() && queue.ok());
  wal::RecoveryOptions options;
  options.database_id = manifest.database_id;
  options.generation = manifest.generation;
  options.start = manifest.start;
  options.segments = manifest.segments;
  options.tail_capacity = manifest.tail_capacity;
  options.read_only = true;
  options.buffers = &buffers;
  options.clock = base::SystemClock();
  const fuzz::HeapMeter heap;
  std::optional<key::Sequence> last;
  uint64_t payload_bytes = 0;
  const auto result = wal::RecoverLog(
      directory->get(), queue->get(), options,
      [&](const wal::GroupHeader& header, const Slice& payload) {
        if (last) FUZZ_CHECK(header.first_sequence == *last + 1);
        FUZZ_CHECK(header.count > 0 && header.payload_bytes == payload.size());
        if (!sealed) {
          FUZZ_CHECK(payload == Slice(wal::TestPayload(header.first_sequence, payload.size())));
        }
        last = header.last_sequence();
        payload_bytes += payload.size();
        (void)key::MeasureBatch(payload);
        return Status::Ok();
      });
  FUZZ_CHECK(payload_bytes <= 2 * file_bytes);
  FUZZ_CHECK(heap.PeakBytes() <= 4 * file_bytes + (1u << 20));
  if (result.ok() && last) FUZZ_CHECK(result->last_sequence == *last);
  if (!result.ok()) FUZZ_CHECK(!result.status().message().empty());
  return 0;
}
