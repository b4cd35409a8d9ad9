#include "engine/key/batch_reader.h"

#include <string>

#include "engine/base/coding.h"
#include "engine/base/limits.h"

namespace treering::key {
namespace {

constexpr uint8_t kLastReservedKind = static_cast<uint8_t>(Kind::kWideColumn);

}  // namespace

bool BatchReader::Next() {
  if (next_offset_ == payload_.size() || !status_.ok()) return false;
  record_offset_ = next_offset_;
  const auto kind = static_cast<uint8_t>(payload_[next_offset_++]);
  kind_ = static_cast<Kind>(kind);
  value_ = Slice();
  if (kind_ == Kind::kDelete) return ReadBytes(base::kKeyBytesMax, "key length", &key_);
  if (kind_ == Kind::kValue) {
    return ReadBytes(base::kKeyBytesMax, "key length", &key_) &&
           ReadBytes(base::kValueBytesMax, "value length", &value_);
  }
  const std::string where = "batch record at byte " + std::to_string(record_offset_);
  status_ = kind <= kLastReservedKind
                ? Status::NotSupported(where + ": kind " + std::to_string(kind) +
                                       " needs a newer version")
                : Status::Corruption(where + ": kind expected at most " +
                                     std::to_string(kLastReservedKind) + ", found " +
                                     std::to_string(kind));
  return false;
}

bool BatchReader::ReadBytes(uint64_t bytes_max, const char* what, Slice* out) {
  const char* const limit = payload_.end();
  const char* const at = payload_.data() + next_offset_;
  uint32_t bytes = 0;
  const char* const begin = base::DecodeVarint32(at, limit, &bytes);
  if (begin == nullptr) return Damaged(what, "is no whole varint");
  if (bytes > bytes_max) {
    return Damaged(
        what, "expected at most " + std::to_string(bytes_max) + ", found " + std::to_string(bytes));
  }
  const auto remaining = static_cast<uint64_t>(limit - begin);
  if (bytes > remaining) {
    return Damaged(what, "expected at most the " + std::to_string(remaining) +
                             " bytes that remain, found " + std::to_string(bytes));
  }
  *out = Slice(begin, bytes);
  next_offset_ = static_cast<size_t>(begin - payload_.data()) + bytes;
  return true;
}

bool BatchReader::Damaged(const char* what, const std::string& why) {
  status_ = Status::Corruption("batch record at byte " + std::to_string(record_offset_) + ": " +
                               what + " at byte " + std::to_string(next_offset_) + ": " + why);
  return false;
}

Result<BatchTotals> MeasureBatch(const Slice& payload) {
  BatchTotals totals;
  BatchReader reader(payload);
  while (reader.Next()) {
    ++totals.records;
    totals.data_bytes += reader.key().size() + reader.value().size();
  }
  if (!reader.status().ok()) return reader.status();
  return totals;
}

}  // namespace treering::key
