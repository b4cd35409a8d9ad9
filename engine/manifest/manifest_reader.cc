#include "engine/manifest/manifest_reader.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/thread.h"
#include "engine/manifest/manifest_io.h"

namespace treering::manifest {
namespace {

constexpr size_t kReadBytes = 256u << 10;

Result<std::unique_ptr<io::File>> OpenManifest(const ManifestReaderContext& context,
                                               const std::string& name) {
  if (!context.lock_wait_nanos) {
    return context.directory->Open(name,
                                   {.mode = io::OpenMode::kRead, .direct = true, .lock = false});
  }
  auto file = OpenWaiting(context.directory, name, *context.lock_wait_nanos);
  if (!file.ok()) return file;
  // What is read next must not be lost again.
  if (Status s = SyncFile(context.queue, file->get()); !s.ok()) return s;
  return file;
}

Result<ManifestReplay::Outcome> Replay(const ManifestReaderContext& context, io::File* file,
                                       const ManifestIdentity& identity, uint64_t promise) {
  auto buffer = AllocateBuffer(context.buffers, kReadBytes);
  if (!buffer.ok()) return buffer.status();
  const std::span<std::byte> into = buffer->span().first(kReadBytes);
  ManifestReplay replay(identity, context.order, promise);
  for (uint64_t offset = 0;; offset += kReadBytes) {
    base::SchedPoint();
    size_t count = 0;
    if (Status s = ReadAt(context.queue, file, offset, into, &count); !s.ok()) return s;
    // A file that ends inside a page: the rest of that page reads as zero.
    const size_t pages = (count + base::kPageBytes - 1) / base::kPageBytes;
    std::memset(into.data() + count, 0, pages * base::kPageBytes - count);
    for (size_t i = 0; i < pages; ++i) {
      const auto page = into.subspan(i * base::kPageBytes, base::kPageBytes);
      if (Status s = replay.Feed(page); !s.ok()) return s;
      if (!replay.WantsMore()) return replay.Finish();
    }
    if (count < kReadBytes) return replay.Finish();
  }
}

}  // namespace

Result<RecoveredManifest> RecoverManifest(const ManifestReaderContext& context,
                                          const CurrentSlot& slot) {
  RecoveredManifest recovered;
  recovered.identity = {slot.manifest_number, slot.manifest_id};
  uint64_t promise = slot.promise;
  while (true) {
    base::SchedPoint();
    const std::string name = recovered.identity.FileName();
    auto file = OpenManifest(context, name);
    if (!file.ok()) return file.status();
    auto outcome = Replay(context, file->get(), recovered.identity, promise);
    if (!outcome.ok()) return outcome.status();
    if (outcome->state.database_id != slot.database_id) {
      return Status::Corruption(name + ", offset 0: database id: expected " +
                                slot.database_id.ToHex() + ", found " +
                                outcome->state.database_id.ToHex());
    }
    if (!outcome->sealed) {
      recovered.outcome = std::move(outcome).value();
      recovered.file = std::move(file).value();
      return recovered;
    }
    const Successor& next = *outcome->sealed;
    if (next.manifest_number <= recovered.identity.number) {
      return Status::Corruption(name + ": successor: expected a manifest behind " +
                                std::to_string(recovered.identity.number) + ", found " +
                                std::to_string(next.manifest_number));
    }
    recovered.identity = {next.manifest_number, next.manifest_id};
    promise = 0;
  }
}

}  // namespace treering::manifest
