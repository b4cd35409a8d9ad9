#include "engine/io/sim_requests.h"

#include <sanitizer/asan_interface.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/checksum.h"
#include "engine/io/errors.h"

namespace treering::io {
namespace {

uint64_t HashOf(const SimFlight& flight) {
  return flight.op == Op::kWrite ? base::Xxh3(flight.data, flight.length, 0) : 0;
}

bool Fits(SimFaultEffect effect, Op op) {
  switch (effect) {
    case SimFaultEffect::kError:
      return true;
    case SimFaultEffect::kShort:
      return op == Op::kRead || op == Op::kWrite;
    case SimFaultEffect::kFlipBit:
      return op == Op::kRead;
    case SimFaultEffect::kMisdirected:
      return op == Op::kRead || op == Op::kWrite;
    case SimFaultEffect::kPhantom:
      return op == Op::kWrite;
    default:
      return op == Op::kSync && SimIsSyncEffect(effect);
  }
}

// Whoever looks at a read's buffer before its completion finds this, or is stopped.
constexpr int kGarbage = 0xe5;

void TakeBuffer(const SimFlight& flight) {
  if (flight.op != Op::kRead) return;
  std::memset(flight.data, kGarbage, flight.buffer_length);
  ASAN_POISON_MEMORY_REGION(flight.data, flight.buffer_length);
}

void GiveBufferBack(const SimFlight& flight) {
  if (flight.op == Op::kRead) ASAN_UNPOISON_MEMORY_REGION(flight.data, flight.buffer_length);
}

// Half of a transfer, in whole pages on direct files; all of it when that would be nothing.
uint64_t ShortLength(const SimFlight& flight) {
  uint64_t half = flight.length / 2;
  if (flight.handle->direct) half -= half % kPageBytes;
  return half == 0 ? flight.length : half;
}

// Where the bytes of a read come from in a file of `size`.
uint64_t ReadFrom(const SimFlight& flight, uint64_t size) {
  if (!flight.fault.has_value() || flight.fault->effect != SimFaultEffect::kMisdirected) {
    return flight.offset;
  }
  if (flight.offset + kPageBytes + flight.read_bytes.size() <= size) {
    return flight.offset + kPageBytes;
  }
  return flight.offset >= kPageBytes ? flight.offset - kPageBytes : flight.offset;
}

}  // namespace

std::string_view SimBaseName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

void LandOn(SimCore* core, SimNode* node, SimDataOp op) {
  op.sequence = core->NextSequence();
  node->content.Land(std::move(op));
  core->NoteContent(*node);
  for (const auto& weak : node->mappings) {
    const auto memory = weak.lock();
    if (memory == nullptr) continue;
    // What the file lost at its end reads as zero.
    const uint64_t filled = node->content.current().Read(0, *memory);
    std::fill(memory->begin() + static_cast<ptrdiff_t>(filled), memory->end(), std::byte{0});
  }
}

void SimRequests::Begin(const std::shared_ptr<SimFlight>& flight) {
  flight->number = ++number_;
  flight->bytes_hash = HashOf(*flight);
  flight->sync_mark = core_->last_completion();
  flight->buffer_length = flight->length;
  TakeBuffer(*flight);
  in_flight_[flight->number] = flight;
  if (!core_->Alive(flight->handle->generation)) {
    flight->error = ESHUTDOWN;
    return;
  }
  const SimFault* const fault =
      core_->faults().Meet(ActionOf(flight->op), SimBaseName(flight->handle->path));
  if (fault == nullptr || !Fits(fault->effect, flight->op)) return;
  flight->fault = *fault;
  switch (fault->effect) {
    case SimFaultEffect::kError:
      flight->error = fault->error;
      break;
    case SimFaultEffect::kShort:
      flight->length = ShortLength(*flight);
      flight->bytes_hash = HashOf(*flight);
      break;
    case SimFaultEffect::kFlipBit:
      flight->flipped_bit = core_->Random();
      break;
    default:
      break;
  }
}

bool SimRequests::Changes(const SimFlight& flight) const {
  return flight.op == Op::kWrite || flight.op == Op::kAllocate || flight.op == Op::kTruncate;
}

SimDataOp SimRequests::OpOf(const SimFlight& flight) const {
  SimDataOp op;
  if (flight.op == Op::kWrite) {
    op.kind = SimDataKind::kWrite;
    op.offset = flight.offset;
    if (flight.fault.has_value() && flight.fault->effect == SimFaultEffect::kMisdirected) {
      op.offset += kPageBytes;
    }
    op.bytes =
        std::make_shared<const std::vector<std::byte>>(flight.data, flight.data + flight.length);
  } else {
    op.kind = flight.op == Op::kAllocate ? SimDataKind::kAllocate : SimDataKind::kTruncate;
    op.size = flight.length;
  }
  return op;
}

void SimRequests::LandChange(SimFlight* flight) {
  SimNode* const node = flight->handle->node.get();
  const uint64_t size = node->content.current().size();
  if (flight->length > kSimFileBytesMax ||
      (flight->op == Op::kWrite && flight->offset > kSimFileBytesMax - flight->length)) {
    flight->error = EFBIG;
    return;
  }
  const uint64_t end = flight->op == Op::kWrite ? flight->offset + flight->length : flight->length;
  if (!core_->HasRoom(size, end)) {
    flight->error = ENOSPC;
    return;
  }
  if (flight->fault.has_value() && flight->fault->effect == SimFaultEffect::kPhantom) return;
  LandOn(core_, node, OpOf(*flight));
  flight->sequence = core_->last_sequence();
}

void SimRequests::Land(SimFlight* flight) {
  if (flight->landed || flight->error != 0 || !core_->Alive(flight->handle->generation)) return;
  flight->landed = true;
  if (Changes(*flight)) return LandChange(flight);
  if (flight->op != Op::kRead) return;
  const SimImage& image = flight->handle->node->content.current();
  const uint64_t size = image.size();
  flight->read_bytes.resize(
      flight->offset >= size ? 0 : std::min(flight->length, size - flight->offset));
  image.Read(ReadFrom(*flight, size), flight->read_bytes);
  if (flight->fault.has_value() && flight->fault->effect == SimFaultEffect::kFlipBit &&
      !flight->read_bytes.empty()) {
    const uint64_t bit = flight->flipped_bit % (flight->read_bytes.size() * 8);
    flight->read_bytes[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
  }
}

int64_t SimRequests::Finish(const std::shared_ptr<SimFlight>& flight) {
  GiveBufferBack(*flight);
  if (HashOf(*flight) != flight->bytes_hash) {
    std::fprintf(stderr,
                 "sim: the buffer of a write of %llu bytes at %llu of %s changed while the write "
                 "was in flight\n",
                 static_cast<unsigned long long>(flight->length),
                 static_cast<unsigned long long>(flight->offset), flight->handle->path.c_str());
    TREERING_CHECK(!"a buffer in flight changed");
  }
  if (flight->error == 0 && !core_->Alive(flight->handle->generation)) flight->error = ESHUTDOWN;
  if (flight->error == 0 && flight->op == Op::kRead) {
    Land(flight.get());
    if (!flight->read_bytes.empty()) {
      std::memcpy(flight->data, flight->read_bytes.data(), flight->read_bytes.size());
    }
  } else if (flight->error == 0) {
    Complete(flight.get());
  }
  in_flight_.erase(flight->number);
  const int64_t moved = flight->op == Op::kRead    ? static_cast<int64_t>(flight->read_bytes.size())
                        : flight->op == Op::kWrite ? static_cast<int64_t>(flight->length)
                                                   : 0;
  const int64_t result = flight->error != 0 ? -flight->error : moved;
  TraceResult(*flight, result);
  return result;
}

// Of all but reads.
void SimRequests::Complete(SimFlight* flight) {
  if (!core_->EnterIo()) {
    flight->error = ESHUTDOWN;
    return;
  }
  Land(flight);
  if (flight->error == 0 && flight->op == Op::kSync) {
    FinishSync(flight);
  } else if (flight->sequence != 0) {
    flight->handle->node->content.Complete(flight->sequence, core_->NextCompletion());
  }
  if (!core_->LeaveIo()) flight->error = ESHUTDOWN;
}

void SimRequests::FinishSync(SimFlight* flight) {
  SimNode* const node = flight->handle->node.get();
  flight->error = std::exchange(node->late_error, 0);
  if (!flight->fault.has_value()) {
    if (flight->error == 0) node->content.Sync(flight->sync_mark);
    core_->NoteContent(*node);
    return;
  }
  flight->error = flight->fault->error;
  switch (flight->fault->effect) {
    case SimFaultEffect::kSyncLosesData:
      node->content.Lose(flight->sync_mark);
      break;
    case SimFaultEffect::kSyncReportsLate:
      node->content.Lose(flight->sync_mark);
      node->late_error = std::exchange(flight->error, 0);
      break;
    case SimFaultEffect::kSyncIsDurable:
      node->content.Sync(flight->sync_mark);
      break;
    default:
      break;
  }
  core_->NoteContent(*node);
}

void SimRequests::LandLate(SimLateOp late) {
  if (late.locked) --late.node->lock.late_requests;
  late.op.completed_at = core_->NextCompletion();
  core_->Trace("late request lands");
  LandOn(core_, late.node.get(), std::move(late.op));
}

void SimRequests::AddLate(SimLateOp late) {
  late.number = ++number_;
  late.ordinary_due = core_->ordinary_nanos() + late.delay_nanos;
  if (late.locked) ++late.node->lock.late_requests;
  late_.push_back(std::move(late));
}

void SimRequests::LandDue() {
  for (size_t i = 0; i < late_.size();) {
    if (late_[i].ordinary_due <= core_->ordinary_nanos()) {
      LandLateNumber(late_[i].number);
    } else {
      ++i;
    }
  }
}

void SimRequests::LandLateNumber(uint64_t number) {
  for (auto it = late_.begin(); it != late_.end(); ++it) {
    if (it->number != number) continue;
    SimLateOp late = std::move(*it);
    late_.erase(it);
    LandLate(std::move(late));
    return;
  }
}

void SimRequests::ForgetLate() {
  for (SimLateOp& late : late_) {
    if (late.locked) --late.node->lock.late_requests;
  }
  late_.clear();
}

void SimRequests::Abandon() {
  for (const auto& [number, flight] : in_flight_) {
    const SimHandle& handle = *flight->handle;
    if (flight->landed || flight->error != 0 || !Changes(*flight) ||
        handle.generation != core_->generation()) {
      continue;
    }
    abandoned_.push_back(SimLateOp{.node = handle.node,
                                   .op = OpOf(*flight),
                                   .locked = handle.node->lock.descriptor == handle.descriptor});
  }
}

void SimRequests::Adopt(std::vector<SimLateOp> abandoned, std::vector<SimLateOp> late) {
  abandoned_ = std::move(abandoned);
  late_ = std::move(late);
  for (const SimLateOp& op : late_) number_ = std::max(number_, op.number);
}

std::vector<SimLateOp> SimRequests::TakeAbandoned() { return std::exchange(abandoned_, {}); }

void SimRequests::TraceResult(const SimFlight& flight, int64_t result) {
  std::string line(ActionName(ActionOf(flight.op)));
  line += ' ';
  line += flight.handle->path;
  if (flight.op == Op::kRead || flight.op == Op::kWrite) {
    line += " @" + std::to_string(flight.offset);
  }
  if (flight.op != Op::kSync) line += " +" + std::to_string(flight.length);
  line += " = ";
  line += result < 0 ? ErrorName(static_cast<int>(-result)) : std::to_string(result);
  if (flight.op == Op::kWrite) line += " sum " + std::to_string(flight.bytes_hash);
  core_->Trace(line);
}

}  // namespace treering::io
