#include "engine/wal/group.h"

#include <algorithm>

#include "engine/base/coding.h"
#include "engine/base/limits.h"

namespace treering::wal {

std::array<std::byte, kGroupHeaderBytes> EncodeGroupHeader(const GroupHeader& header) {
  std::array<std::byte, kGroupHeaderBytes> out;
  base::Store32(out.data() + kGroupLengthAt, header.payload_bytes);
  base::Store64(out.data() + kGroupSequenceAt, header.first_sequence);
  base::Store32(out.data() + kGroupCountAt, header.count);
  return out;
}

std::string CheckGroupHeader(const GroupHeader& header) {
  if (header.payload_bytes == 0 || header.payload_bytes > kGroupPayloadBytesMax) {
    return "group length: expected 1 to " + std::to_string(kGroupPayloadBytesMax) + ", found " +
           std::to_string(header.payload_bytes);
  }
  // The shortest record, the deletion of an empty key, takes two bytes.
  if (header.count == 0 || header.count > header.payload_bytes / 2) {
    return "group count: expected 1 to " + std::to_string(header.payload_bytes / 2) + ", found " +
           std::to_string(header.count);
  }
  if (header.first_sequence == 0 || header.first_sequence > base::kSequenceMax ||
      header.count - 1 > base::kSequenceMax - header.first_sequence) {
    return "group sequence: expected 1 to " + std::to_string(base::kSequenceMax) + ", found " +
           std::to_string(header.first_sequence) + " with " + std::to_string(header.count) +
           " records";
  }
  return "";
}

Status GroupParser::Add(std::span<const std::byte> piece) {
  pending_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  size_t at = 0;
  while (pending_.size() - at >= kGroupHeaderBytes) {
    const char* const p = pending_.data() + at;
    GroupHeader header;
    header.payload_bytes = base::Load32(p + kGroupLengthAt);
    header.first_sequence = base::Load64(p + kGroupSequenceAt);
    header.count = base::Load32(p + kGroupCountAt);
    const std::string wrong = CheckGroupHeader(header);
    if (!wrong.empty()) return Status::Corruption(wrong);
    Status status = CheckOrder(header);
    if (!status.ok()) return status;
    if (pending_.size() - at - kGroupHeaderBytes < header.payload_bytes) break;
    status = Deliver(header, Slice(p + kGroupHeaderBytes, header.payload_bytes));
    if (!status.ok()) return status;
    at += kGroupHeaderBytes + header.payload_bytes;
  }
  pending_.erase(0, at);
  return Status::Ok();
}

Status GroupParser::CheckOrder(const GroupHeader& header) const {
  if (next_.has_value() ? header.first_sequence == *next_
                        : header.first_sequence <= replayed_ + 1) {
    return Status::Ok();
  }
  return Status::Corruption(
      "group sequence: expected " +
      (next_.has_value() ? std::to_string(*next_) : "at most " + std::to_string(replayed_ + 1)) +
      ", found " + std::to_string(header.first_sequence));
}

Status GroupParser::Deliver(const GroupHeader& header, const Slice& payload) {
  next_ = header.last_sequence() + 1;
  if (header.last_sequence() <= replayed_) return Status::Ok();
  ++groups_;
  payload_bytes_ += payload.size();
  return visitor_(header, payload);
}

key::Sequence GroupParser::last_sequence() const {
  return next_.has_value() ? std::max(*next_ - 1, replayed_) : replayed_;
}

}  // namespace treering::wal
