// Tail: the mapped ring that holds every commit group until the log does.
//
// Owner: Log.
// Threads: one at a time (the log's mutex); Copy also beside Append, for ranges that are not
//   released.
// Invariants:
//   1. A record's place is used again only after Release passed it.
//   2. Records of an earlier generation or lap never parse.
// Format: docs/format/tail.md.
#ifndef TREERING_ENGINE_WAL_TAIL_H_
#define TREERING_ENGINE_WAL_TAIL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "api/result.h"
#include "api/slice.h"
#include "engine/base/checksum.h"
#include "engine/base/clock.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/wal/group.h"

namespace treering::wal {

// Makes TAIL, zero-filled, with its size and name durable; replaces one that is there. Do it before
// the manifest names the tail. `capacity` as TailCapacityValid. The queue has nothing else in
// flight. Of one that is there the lock is waited for: the writes of a creation whose process died
// may still be on their way.
Status CreateTailFile(io::Directory* directory, io::Queue* queue, io::BufferPool* buffers,
                      base::Clock* clock, uint64_t capacity, uint64_t lock_wait_nanos);

class Tail {
 public:
  // Maps TAIL (with its lock) and starts it for `generation`, which must be durable in the manifest
  // by now: what the tail held before is gone.
  static Result<std::unique_ptr<Tail>> Start(io::Directory* directory, const base::Id128& id,
                                             uint64_t generation, uint64_t capacity);

  uint64_t capacity() const { return capacity_; }
  // Whether a group may go to the tail at all.
  bool Accepts(uint64_t payload_bytes) const;
  // Whether there is room for it now.
  bool HasRoom(uint64_t payload_bytes) const;

  // Stores the group (room checked before) and returns the position of its payload. `pieces`
  // together are the payload.
  uint64_t Append(const GroupHeader& header, std::span<const Slice> pieces);
  // The position behind the last record.
  uint64_t end() const { return end_; }
  // Space below `position` may be used again.
  void Release(uint64_t position);
  uint64_t used_bytes() const { return end_ - released_; }

  // Calls consume(span) for the one or two runs of memory that hold [position, position + bytes).
  template <typename Consume>
  void Read(uint64_t position, uint64_t bytes, Consume&& consume) const {
    const uint64_t at = position % capacity_;
    const uint64_t first = bytes < capacity_ - at ? bytes : capacity_ - at;
    consume(std::span<const std::byte>(ring() + at, first));
    if (first < bytes) consume(std::span<const std::byte>(ring(), bytes - first));
  }

 private:
  Tail(std::unique_ptr<io::MappedFile> file, const base::Id128& id, uint64_t generation,
       uint64_t capacity);
  const std::byte* ring() const;
  void StoreHeader();

  const std::unique_ptr<io::MappedFile> file_;
  const base::Id128 id_;
  const uint64_t generation_;
  const uint64_t capacity_;
  std::vector<std::byte> record_;  // where the next one is put together
  uint64_t end_ = 0;
  uint64_t released_ = 0;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_TAIL_H_
