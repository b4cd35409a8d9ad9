// LogBlockCodec: one 4 KiB block of a log, sealed and read; the manifest is written in it too.
//
// Owner: a value.
// Threads: const; any.
// Invariants:
//   1. The sum covers every byte of the block but itself and is seeded with id and LSN, so a block
//      that lies in another place, or in another database, is not valid.
//   2. Decode reads only the 4096 bytes it is given and trusts none of them before the sum held.
// Format: docs/format/log.md, "Block".
#ifndef TREERING_ENGINE_WAL_LOG_BLOCK_H_
#define TREERING_ENGINE_WAL_LOG_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "engine/base/checksum.h"
#include "engine/wal/log_format.h"

namespace treering::wal {

struct LogBlockHeader {
  uint16_t flags = 0;  // kBlock...
  uint64_t generation = 0;
  uint64_t lsn = 0;
  uint64_t first_sequence = 0;
  uint64_t previous_sum = 0;
  uint64_t promise = 0;
  uint32_t payload_bytes = 0;
  bool operator==(const LogBlockHeader&) const = default;
};

enum class BlockState : uint8_t {
  kValid,
  kNeverWritten,  // zeros, or right in itself but of another generation or a lower LSN
  kDamaged,
};

struct DecodedBlock {
  BlockState state = BlockState::kDamaged;
  LogBlockHeader header;               // good when kValid
  uint64_t sum = 0;                    // good when kValid: the next block's previous_sum
  std::span<const std::byte> payload;  // good when kValid: inside the block
  std::string reason;                  // otherwise: expected and found, in words
};

class LogBlockCodec {
 public:
  // `id` names the database (or the manifest file). Blocks of other generations do not count.
  LogBlockCodec(const base::Id128& id, uint64_t generation) : id_(id), generation_(generation) {}

  uint64_t generation() const { return generation_; }

  // Writes header, padding and sum around the payload, which lies in `block` from kLogHeaderBytes
  // on (header.payload_bytes of it). The header's generation is the codec's. Returns the sum.
  uint64_t Seal(const LogBlockHeader& header, std::span<std::byte> block) const;

  // What the 4096 bytes at the place of `lsn` are. Whether previous_sum and flags fit the block
  // before is for the caller to check.
  DecodedBlock Decode(std::span<const std::byte> block, uint64_t lsn) const;

 private:
  uint64_t SumOf(std::span<const std::byte> block, uint64_t lsn) const;

  const base::Id128 id_;
  const uint64_t generation_;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_LOG_BLOCK_H_
