#include "engine/wal/tail_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/base/coding.h"
#include "engine/wal/tail_format.h"

namespace treering::wal {
namespace {

constexpr uint64_t kHashedRingsMax = 64;

enum class HeaderState : uint8_t {
  kOurs,     // of this generation and capacity
  kUnknown,  // damaged, never written, or older: it says nothing
};

Result<HeaderState> CheckHeader(std::span<const std::byte> file, const std::string& path,
                                const TailIdentity& identity) {
  if (file.size() < kTailHeaderPageBytes) return HeaderState::kUnknown;
  const std::byte* const p = file.data();
  const base::Id128 id{base::Load64(p + kTailIdAt), base::Load64(p + kTailIdAt + 8)};
  const uint64_t sum = base::Xxh3(p + kTailMagicAt, kTailHeaderPageBytes - kTailMagicAt,
                                  base::SeedOf(id, kTailHeaderSeed));
  if (base::Load64(p + kTailMagicAt) != kTailMagic || base::Load64(p) != sum) {
    return HeaderState::kUnknown;
  }
  const uint32_t version = base::Load32(p + kTailVersionAt);
  if (version != kTailVersion) {
    return Status::NotSupported(path + ": tail of version " + std::to_string(version) +
                                ", expected " + std::to_string(kTailVersion));
  }
  if (id != identity.database_id) {
    return Status::Corruption(path + " offset 24: tail of another database: expected id " +
                              identity.database_id.ToHex() + ", found " + id.ToHex());
  }
  const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
  if (!std::all_of(p + kTailReservedAt, p + kTailIdAt, is_zero) ||
      !std::all_of(p + kTailHeaderEnd, p + kTailHeaderPageBytes, is_zero)) {
    return Status::Corruption(path + " offset 0: reserved bytes of the tail's header: expected " +
                              "zeros, found others under a right sum");
  }
  if (base::Load64(p + kTailGenerationAt) != identity.generation) return HeaderState::kUnknown;
  const uint64_t capacity = base::Load64(p + kTailCapacityAt);
  if (capacity != identity.capacity) {
    return Status::Corruption(path + " offset 48: tail capacity: expected " +
                              std::to_string(identity.capacity) + ", found " +
                              std::to_string(capacity));
  }
  return HeaderState::kOurs;
}

class RingScan {
 public:
  // `ring` is the ring with its first quarter once more behind it, so that records lie in row.
  RingScan(std::string ring, const TailIdentity& identity)
      : ring_(std::move(ring)),
        identity_(identity),
        hash_bytes_left_(kHashedRingsMax * identity.capacity) {}

  // Looks for records that start in [from, to). False when the bytes mislead it too often.
  bool Find(uint64_t from, uint64_t to, std::vector<TailRecord>* records) {
    uint64_t at = from;
    while (at < to) {
      const std::optional<uint64_t> bytes = RecordBytesAt(at);
      if (!bytes.has_value()) {
        at += kTailAlignment;
        continue;
      }
      if (*bytes > hash_bytes_left_) return false;
      hash_bytes_left_ -= *bytes;
      if (!SumHolds(at, *bytes)) {
        at += kTailAlignment;
        continue;
      }
      records->push_back(Record(at));
      at += *bytes;
    }
    return true;
  }

 private:
  const char* Ptr(uint64_t at) const { return ring_.data() + at; }
  uint64_t PositionAt(uint64_t at) const { return base::Load64(Ptr(at) + kTailRecordPositionAt); }

  GroupHeader HeaderAt(uint64_t at) const {
    GroupHeader header;
    header.first_sequence = base::Load64(Ptr(at) + kTailRecordSequenceAt);
    header.payload_bytes = base::Load32(Ptr(at) + kTailRecordLengthAt);
    header.count = base::Load32(Ptr(at) + kTailRecordCountAt);
    return header;
  }

  // The length of what may be a record, by its header alone.
  std::optional<uint64_t> RecordBytesAt(uint64_t at) const {
    if (PositionAt(at) % identity_.capacity != at) return std::nullopt;
    const GroupHeader header = HeaderAt(at);
    const uint64_t bytes = TailRecordBytes(header.payload_bytes);
    if (bytes > TailRecordBytesMax(identity_.capacity)) return std::nullopt;
    if (!CheckGroupHeader(header).empty()) return std::nullopt;
    return bytes;
  }

  bool PaddingIsZero(uint64_t at, uint64_t bytes) const {
    const char* const end = Ptr(at + kTailRecordHeaderBytes) + HeaderAt(at).payload_bytes;
    return std::all_of(end, Ptr(at + bytes), [](char c) { return c == 0; });
  }

  bool SumHolds(uint64_t at, uint64_t bytes) const {
    const uint64_t seed = TailRecordSeed(identity_.database_id, identity_.generation,
                                         PositionAt(at), identity_.capacity);
    const uint64_t sum =
        base::Xxh3(Ptr(at) + kTailRecordPositionAt, bytes - kTailRecordPositionAt, seed);
    return base::Load64(Ptr(at)) == sum && PaddingIsZero(at, bytes);
  }

  TailRecord Record(uint64_t at) const {
    const GroupHeader header = HeaderAt(at);
    return {PositionAt(at), header,
            std::string(Ptr(at) + kTailRecordHeaderBytes, header.payload_bytes)};
  }

  const std::string ring_;
  const TailIdentity identity_;
  uint64_t hash_bytes_left_;
};

std::string UnrolledRing(std::span<const std::byte> file, uint64_t capacity) {
  const char* const ring = reinterpret_cast<const char*>(file.data() + kTailHeaderPageBytes);
  std::string out(ring, capacity);
  out.append(ring, TailRecordBytesMax(capacity));
  return out;
}

// Where the last record, if it runs over the end of the ring, ends at its start.
uint64_t WrappedBytes(const std::vector<TailRecord>& records, uint64_t capacity) {
  if (records.empty()) return 0;
  const TailRecord& last = records.back();
  const uint64_t end = last.position % capacity + TailRecordBytes(last.header.payload_bytes);
  return end > capacity ? end - capacity : 0;
}

}  // namespace

Result<std::vector<TailRecord>> ReadTailRecords(std::span<const std::byte> file,
                                                const std::string& path,
                                                const TailIdentity& identity) {
  const Result<HeaderState> header = CheckHeader(file, path, identity);
  if (!header.ok()) return header.status();
  std::vector<TailRecord> records;
  if (file.size() < kTailHeaderPageBytes + identity.capacity) {
    // Not yet made for this capacity: nothing of this generation was stored.
    if (*header == HeaderState::kUnknown) return records;
    return Status::Corruption(path + ": tail is truncated: expected " +
                              std::to_string(kTailHeaderPageBytes + identity.capacity) +
                              " bytes, found " + std::to_string(file.size()));
  }
  RingScan scan(UnrolledRing(file, identity.capacity), identity);
  bool plausible = scan.Find(0, identity.capacity, &records);
  const uint64_t wrapped = WrappedBytes(records, identity.capacity);
  if (plausible && wrapped > 0 && records.front().position % identity.capacity < wrapped) {
    // What was found there lies inside the last record's payload.
    const TailRecord last = std::move(records.back());
    records.clear();
    plausible = scan.Find(wrapped, last.position % identity.capacity, &records);
    records.push_back(last);
  }
  if (!plausible) {
    return Status::Corruption(path + ": bytes that look like records, over and over, and are none");
  }
  std::sort(records.begin(), records.end(),
            [](const TailRecord& a, const TailRecord& b) { return a.position < b.position; });
  return records;
}

}  // namespace treering::wal
