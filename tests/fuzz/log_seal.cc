#include "tests/fuzz/log_seal.h"

#include <algorithm>
#include <span>

#include "engine/base/coding.h"
#include "engine/base/file_names.h"
#include "engine/wal/log_block.h"
#include "engine/wal/tail_format.h"

namespace treering::fuzz {
namespace {

// The log as the start sees it: the first segment that counts, and the LSN of its block 0.
size_t FirstSegment(const LogIdentity& log) {
  for (size_t i = 0; i < log.segments.size(); ++i) {
    if (log.start.segment == 0 || log.segments[i].number == log.start.segment) return i;
  }
  return log.segments.size();
}

wal::LogBlockHeader HeaderOf(const std::byte* block) {
  wal::LogBlockHeader header;
  header.flags = base::Load16(block + wal::kLogFlagsAt);
  header.first_sequence = base::Load64(block + wal::kLogSequenceAt);
  header.promise = base::Load64(block + wal::kLogPromiseAt);
  header.payload_bytes =
      std::min<uint32_t>(base::Load32(block + wal::kLogPayloadLengthAt), wal::kLogPayloadBytes);
  return header;
}

}  // namespace

void SealSegments(const LogIdentity& log, std::map<std::string, std::string>* files) {
  const wal::LogBlockCodec codec(log.database_id, log.generation);
  uint64_t previous_sum = log.start.previous_sum;
  uint64_t lsn = log.start.lsn - log.start.block_index;
  for (size_t i = FirstSegment(log); i < log.segments.size(); ++i) {
    const wal::SegmentInfo& segment = log.segments[i];
    const auto found = files->find(base::MakeFileName(base::FileKind::kSegment, segment.number));
    if (found == files->end()) return;
    const auto bytes = std::as_writable_bytes(std::span(found->second));
    for (uint64_t at = 0; at < segment.blocks; ++at, ++lsn) {
      const uint64_t offset = at * wal::kLogBlockBytes;
      if (lsn < log.start.lsn || offset + wal::kLogBlockBytes > bytes.size()) continue;
      const auto block = bytes.subspan(offset, wal::kLogBlockBytes);
      if (base::Load64(block.data()) == 0) continue;
      wal::LogBlockHeader header = HeaderOf(block.data());
      header.lsn = lsn;
      header.previous_sum = previous_sum;
      previous_sum = codec.Seal(header, block);
    }
  }
}

void SealTail(const LogIdentity& log, std::string* file) {
  const uint64_t capacity = log.tail_capacity;
  if (file->size() < wal::kTailHeaderPageBytes + capacity) return;
  char* const head = file->data();
  const base::Id128 id{base::Load64(head + wal::kTailIdAt),
                       base::Load64(head + wal::kTailIdAt + 8)};
  base::Store64(head,
                base::Xxh3(head + wal::kTailMagicAt, wal::kTailHeaderPageBytes - wal::kTailMagicAt,
                           base::SeedOf(id, wal::kTailHeaderSeed)));
  char* const ring = head + wal::kTailHeaderPageBytes;
  for (uint64_t at = 0; at + wal::kTailRecordHeaderBytes <= capacity;) {
    const uint64_t bytes = wal::TailRecordBytes(base::Load32(ring + at + wal::kTailRecordLengthAt));
    if (bytes > capacity - at || base::Load64(ring + at) == 0) return;
    const uint64_t position = base::Load64(ring + at + wal::kTailRecordPositionAt);
    const uint64_t seed = wal::TailRecordSeed(log.database_id, log.generation, position, capacity);
    base::Store64(ring + at, base::Xxh3(ring + at + wal::kTailRecordPositionAt,
                                        bytes - wal::kTailRecordPositionAt, seed));
    at += bytes;
  }
}

}  // namespace treering::fuzz
