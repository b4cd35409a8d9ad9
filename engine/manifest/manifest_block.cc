#include "engine/manifest/manifest_block.h"

#include <cstring>

#include "engine/base/check.h"
#include "engine/base/file_names.h"
#include "engine/wal/log_block.h"
#include "engine/wal/log_format.h"

namespace treering::manifest {

std::string ManifestIdentity::FileName() const {
  return base::MakeFileName(base::FileKind::kManifest, number);
}

size_t BlockPayloadBytesMax() { return wal::kLogPayloadBytes; }

void EncodeBlock(const ManifestIdentity& identity, ManifestBlock* block, std::span<std::byte> out) {
  TREERING_CHECK(out.size() == wal::kLogBlockBytes &&
                 block->payload.size() <= BlockPayloadBytesMax());
  wal::LogBlockHeader header;
  if (block->first) header.flags |= wal::kBlockFirst;
  if (block->last) header.flags |= wal::kBlockLast;
  if (block->promise_only) header.flags |= wal::kBlockPromise;
  header.generation = identity.number;
  header.lsn = block->index;
  header.first_sequence = block->edit_number;
  header.previous_sum = block->previous_sum;
  header.promise = block->promise;
  header.payload_bytes = static_cast<uint32_t>(block->payload.size());
  std::memcpy(out.data() + wal::kLogHeaderBytes, block->payload.data(), block->payload.size());
  block->sum = wal::LogBlockCodec(identity.id, identity.number).Seal(header, out);
}

BlockState DecodeBlock(const ManifestIdentity& identity, uint64_t index,
                       std::span<const std::byte> bytes, ManifestBlock* block,
                       std::string* reason) {
  const wal::LogBlockCodec codec(identity.id, identity.number);
  const wal::DecodedBlock decoded = codec.Decode(bytes, index);
  if (decoded.state != wal::BlockState::kValid) {
    *reason = decoded.reason;
    return decoded.state == wal::BlockState::kNeverWritten ? BlockState::kNeverWritten
                                                           : BlockState::kDamaged;
  }
  const wal::LogBlockHeader& header = decoded.header;
  constexpr uint16_t kKnown = wal::kBlockFirst | wal::kBlockLast | wal::kBlockPromise;
  block->first = (header.flags & wal::kBlockFirst) != 0;
  block->last = (header.flags & wal::kBlockLast) != 0;
  block->promise_only = (header.flags & wal::kBlockPromise) != 0;
  const bool group_flags = block->first || block->last;
  if ((header.flags & ~kKnown) != 0 || (block->promise_only && group_flags) ||
      (block->promise_only && header.payload_bytes != 0)) {
    *reason = "flags: expected those of a manifest's block, found " + std::to_string(header.flags);
    return BlockState::kDamaged;
  }
  block->index = header.lsn;
  block->edit_number = header.first_sequence;
  block->previous_sum = header.previous_sum;
  block->promise = header.promise;
  block->payload =
      Slice(reinterpret_cast<const char*>(decoded.payload.data()), decoded.payload.size());
  block->sum = decoded.sum;
  return BlockState::kValid;
}

}  // namespace treering::manifest
