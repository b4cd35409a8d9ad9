// CurrentFile: the open CURRENT, which names the manifest that counts.
//
// Owner: ManifestStore.
// Threads: one at a time.
// Invariants:
//   1. A slot is synced before Create or Move answers OK.
//   2. The slot that counts is never overwritten with another; the next one goes to the other
//      place.
//   3. After a failed write or sync nothing is written any more.
// Format: docs/format/current.md.
#ifndef TREERING_ENGINE_MANIFEST_CURRENT_H_
#define TREERING_ENGINE_MANIFEST_CURRENT_H_

#include <cstdint>
#include <memory>

#include "api/result.h"
#include "api/status.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/manifest/current_format.h"

namespace treering::manifest {

inline constexpr char kCurrentTemporaryName[] = "CURRENT.new";

class CurrentFile {
 public:
  // Makes CURRENT with `first` as copy 1 and syncs the directory. The file is locked.
  static Result<std::unique_ptr<CurrentFile>> Create(io::Directory* directory, io::Queue* queue,
                                                     io::BufferPool* buffers,
                                                     const CurrentSlot& first);
  // Takes the lock, waiting at most `lock_wait_nanos` for it, reads, and makes durable what it
  // read: where the other slot vouches for the same state, by writing it once more.
  static Result<std::unique_ptr<CurrentFile>> OpenLocked(io::Directory* directory, io::Queue* queue,
                                                         io::BufferPool* buffers,
                                                         uint64_t lock_wait_nanos);
  // Reads without a lock, beside a writer perhaps.
  static Result<CurrentSlot> ReadOnly(io::Directory* directory, io::Queue* queue,
                                      io::BufferPool* buffers);

  // The slot that counts.
  const CurrentSlot& slot() const { return slot_; }

  // Writes `next` as the newest slot; copy and parent_sum are filled in here.
  Status Move(io::Queue* queue, CurrentSlot next);

 private:
  // Writes the slot to its place, through the buffer, and syncs.
  Status WriteSlot(io::Queue* queue, uint32_t index, CurrentSlot* slot);
  CurrentFile(std::unique_ptr<io::File> file, io::Buffer buffer)
      : file_(std::move(file)), buffer_(std::move(buffer)) {}

  const std::unique_ptr<io::File> file_;
  const io::Buffer buffer_;  // of a slot: a move allocates nothing
  CurrentSlot slot_;
  uint32_t index_ = 0;
  Status poison_;
};

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_CURRENT_H_
