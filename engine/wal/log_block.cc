#include "engine/wal/log_block.h"

#include <cstring>

#include "engine/base/check.h"
#include "engine/base/coding.h"

namespace treering::wal {
namespace {

std::string Hex(uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out = "0x";
  for (int shift = 60; shift >= 0; shift -= 4) out.push_back(kDigits[(value >> shift) & 15]);
  return out;
}

std::string Mismatch(const char* what, uint64_t expected, uint64_t found) {
  return std::string(what) + ": expected " + std::to_string(expected) + ", found " +
         std::to_string(found);
}

// Compares the bytes with themselves, one further: memcmp is quick in every build.
bool AllZero(std::span<const std::byte> bytes) {
  return bytes.empty() || (bytes[0] == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

LogBlockHeader LoadHeader(const std::byte* p) {
  LogBlockHeader header;
  header.flags = base::Load16(p + kLogFlagsAt);
  header.generation = base::Load64(p + kLogGenerationAt);
  header.lsn = base::Load64(p + kLogLsnAt);
  header.first_sequence = base::Load64(p + kLogSequenceAt);
  header.previous_sum = base::Load64(p + kLogPreviousSumAt);
  header.promise = base::Load64(p + kLogPromiseAt);
  header.payload_bytes = base::Load32(p + kLogPayloadLengthAt);
  return header;
}

// What is wrong with a block whose sum holds: a writer that does not keep the format.
std::string CheckForm(std::span<const std::byte> block, const LogBlockHeader& header) {
  const uint16_t version = base::Load16(block.data() + kLogVersionAt);
  if (version != kLogVersion) return Mismatch("version", kLogVersion, version);
  if ((header.flags & ~kBlockFlagsKnown) != 0) {
    return Mismatch("unknown flags", header.flags & kBlockFlagsKnown, header.flags);
  }
  const uint32_t reserved = base::Load32(block.data() + kLogReservedAt);
  if (reserved != 0) return Mismatch("reserved bytes", 0, reserved);
  if (header.payload_bytes > kLogPayloadBytes) {
    return "payload length: expected at most " + std::to_string(kLogPayloadBytes) + ", found " +
           std::to_string(header.payload_bytes);
  }
  if ((header.flags & kBlockPromise) != 0 && header.payload_bytes != 0) {
    return Mismatch("payload length of a promise block", 0, header.payload_bytes);
  }
  if (!AllZero(block.subspan(kLogHeaderBytes + header.payload_bytes))) {
    return "padding: expected zeros, found other bytes";
  }
  return "";
}

}  // namespace

uint64_t LogBlockCodec::SumOf(std::span<const std::byte> block, uint64_t lsn) const {
  return base::Xxh3(block.data() + kLogMagicAt, kLogBlockBytes - kLogMagicAt,
                    base::SeedOf(id_, lsn));
}

uint64_t LogBlockCodec::Seal(const LogBlockHeader& header, std::span<std::byte> block) const {
  TREERING_CHECK(block.size() == kLogBlockBytes && header.payload_bytes <= kLogPayloadBytes);
  std::byte* const p = block.data();
  base::Store32(p + kLogMagicAt, kLogMagic);
  base::Store16(p + kLogVersionAt, kLogVersion);
  base::Store16(p + kLogFlagsAt, header.flags);
  base::Store64(p + kLogGenerationAt, generation_);
  base::Store64(p + kLogLsnAt, header.lsn);
  base::Store64(p + kLogSequenceAt, header.first_sequence);
  base::Store64(p + kLogPreviousSumAt, header.previous_sum);
  base::Store64(p + kLogPromiseAt, header.promise);
  base::Store32(p + kLogPayloadLengthAt, header.payload_bytes);
  base::Store32(p + kLogReservedAt, 0);
  const size_t used = kLogHeaderBytes + header.payload_bytes;
  std::memset(p + used, 0, kLogBlockBytes - used);
  const uint64_t sum = SumOf(block, header.lsn);
  base::Store64(p + kLogSumAt, sum);
  return sum;
}

DecodedBlock LogBlockCodec::Decode(std::span<const std::byte> block, uint64_t lsn) const {
  TREERING_CHECK(block.size() == kLogBlockBytes);
  DecodedBlock out;
  const std::byte* const p = block.data();
  const uint64_t stored_sum = base::Load64(p + kLogSumAt);
  if (stored_sum == 0 && AllZero(block)) {
    out.state = BlockState::kNeverWritten;
    out.reason = "expected a block, found zeros";
    return out;
  }
  const uint32_t magic = base::Load32(p + kLogMagicAt);
  if (magic != kLogMagic) {
    out.reason = "magic: expected " + Hex(kLogMagic) + ", found " + Hex(magic);
    return out;
  }
  out.header = LoadHeader(p);
  out.sum = SumOf(block, out.header.lsn);
  if (out.sum != stored_sum) {
    out.reason = "sum: expected " + Hex(stored_sum) + ", found " + Hex(out.sum);
    return out;
  }
  if (out.header.generation != generation_) {
    out.state = BlockState::kNeverWritten;
    out.reason = Mismatch("generation", generation_, out.header.generation);
    return out;
  }
  if (out.header.lsn != lsn) {
    // A lower one is left from the segment's earlier use; a higher one was put in the wrong place.
    out.state = out.header.lsn < lsn ? BlockState::kNeverWritten : BlockState::kDamaged;
    out.reason = Mismatch("LSN", lsn, out.header.lsn);
    return out;
  }
  out.reason = CheckForm(block, out.header);
  if (!out.reason.empty()) return out;
  out.state = BlockState::kValid;
  out.payload = block.subspan(kLogHeaderBytes, out.header.payload_bytes);
  return out;
}

}  // namespace treering::wal
