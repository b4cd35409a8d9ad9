#include "engine/wal/log_scan.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace treering::wal {
namespace {

std::string PlaceText(const std::string& path, uint64_t offset, uint64_t lsn) {
  return path + " offset " + std::to_string(offset) + " (log block " + std::to_string(lsn) + ")";
}

// Adds the place to what a parser said about bytes.
Status WithPlace(const Status& status, const std::string& place) {
  if (!status.IsCorruption()) return status;
  return Status::Corruption(place + ": " + std::string(status.message()));
}

}  // namespace

LogScan::LogScan(const base::Id128& id, uint64_t generation, const ReplayStart& start,
                 GroupVisitor visitor)
    : codec_(id, generation),
      parser_(start.sequence, std::move(visitor)),
      next_lsn_(start.lsn),
      previous_sum_(start.previous_sum),
      valid_end_lsn_(start.lsn) {}

Status LogScan::Add(uint64_t lsn, std::span<const std::byte> block, const std::string& path,
                    uint64_t offset) {
  const DecodedBlock decoded = codec_.Decode(block, lsn);
  const bool valid = decoded.state == BlockState::kValid;
  if (valid) {
    promise_ = std::max(promise_, decoded.header.promise);
    valid_end_lsn_ = std::max(valid_end_lsn_, lsn + 1);
  }
  if (broken_) {
    if (valid) ++blocks_cut_;
    return Status::Ok();
  }
  TREERING_CHECK(lsn == next_lsn_);
  const std::string reason = valid ? CheckChain(decoded) : decoded.reason;
  if (!reason.empty()) {
    broken_ = true;
    break_text_ = PlaceText(path, offset, lsn) + ": " + reason;
    blocks_cut_ = valid || decoded.state == BlockState::kDamaged ? 1 : 0;
    return Status::Ok();
  }
  return WithPlace(Accept(decoded), PlaceText(path, offset, lsn));
}

std::string LogScan::CheckChain(const DecodedBlock& block) const {
  if (block.header.previous_sum != previous_sum_) {
    return "sum of the block before: expected " + std::to_string(previous_sum_) + ", found " +
           std::to_string(block.header.previous_sum);
  }
  const uint16_t flags = block.header.flags;
  const bool promise = (flags & kBlockPromise) != 0;
  const bool first = (flags & kBlockFirst) != 0;
  const bool last = (flags & kBlockLast) != 0;
  if (promise ? in_spill_ || first || last : first == in_spill_) {
    return "flags " + std::to_string(flags) + ": expected a block that " +
           (in_spill_ ? "goes on with its spill" : "starts a spill");
  }
  if (!promise && (flags & kBlockCleanClose) != 0) return "flags: a clean close with groups";
  if (!promise && !last && block.header.payload_bytes != kLogPayloadBytes) {
    return "payload length inside a spill: expected " + std::to_string(kLogPayloadBytes) +
           ", found " + std::to_string(block.header.payload_bytes);
  }
  return "";
}

Status LogScan::Accept(const DecodedBlock& block) {
  const uint16_t flags = block.header.flags;
  if ((flags & kBlockPromise) == 0) {
    const Status status = parser_.Add(block.payload);
    if (!status.ok()) return status;
    in_spill_ = (flags & kBlockLast) == 0;
    if (!in_spill_ && !parser_.at_group_end()) {
      return Status::Corruption("end of a spill: expected a whole group, found " +
                                std::to_string(parser_.pending_bytes()) + " bytes of one");
    }
  }
  clean_close_ = (flags & kBlockCleanClose) != 0;
  previous_sum_ = block.sum;
  ++next_lsn_;
  return Status::Ok();
}

Status LogScan::Judge() const {
  if (next_lsn_ >= promise_) return Status::Ok();
  const std::string found =
      broken_ ? break_text_
              : "the log ends before block " + std::to_string(next_lsn_) + " in its last segment";
  return Status::Corruption("damaged log: " + found +
                            "; a later block says that all blocks below " +
                            std::to_string(promise_) + " were durable");
}

uint64_t LogScan::bytes_cut() const {
  return parser_.pending_bytes() + blocks_cut_ * kLogBlockBytes;
}

}  // namespace treering::wal
