#include "engine/wal/log_testing.h"

#include <algorithm>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/file_names.h"
#include "engine/wal/tail.h"

namespace treering::wal {

std::string TestPayload(key::Sequence first_sequence, uint64_t bytes) {
  std::string out(bytes, '\0');
  uint64_t x = first_sequence * 0x9e3779b97f4a7c15ull + bytes;
  for (char& c : out) {
    x = x * 6364136223846793005ull + 1442695040888963407ull;
    c = static_cast<char>(x >> 56);
  }
  return out;
}

namespace {

uint32_t CountOf(key::Sequence first_sequence, uint64_t bytes) {
  return static_cast<uint32_t>(std::min<uint64_t>(1 + first_sequence % 3, bytes / 2));
}

}  // namespace

LogBench::LogBench(io::SimDisk* disk, TestManifest* manifest, TestHistory* history,
                   const LogBenchOptions& options)
    : disk_(disk),
      manifest_(manifest),
      history_(history),
      options_(options),
      buffers_(disk->arena(), &budget_) {}

LogBench::~LogBench() = default;

Status LogBench::OpenDirectory() {
  if (directory_ != nullptr) return Status::Ok();
  Result<std::unique_ptr<io::Queue>> queue = disk_->NewQueue(16);
  if (!queue.ok()) return queue.status();
  queue_ = std::move(*queue);
  Result<std::unique_ptr<io::Directory>> directory = disk_->OpenDirectory(kTestDirectory, true);
  if (!directory.ok()) return directory.status();
  directory_ = std::move(*directory);
  return Status::Ok();
}

Status LogBench::Create() {
  Status status = OpenDirectory();
  if (status.ok() && options_.tail_capacity > 0) {
    status = CreateTailFile(directory_.get(), queue_.get(), &buffers_, base::SystemClock(),
                            options_.tail_capacity, 0);
  }
  if (!status.ok()) return status;
  manifest_->tail_capacity = options_.tail_capacity;
  manifest_->generation = 1;
  return StartLog();
}

Status LogBench::StartLog() {
  LogOptions options;
  options.database_id = manifest_->database_id;
  options.generation = manifest_->generation;
  options.start = manifest_->start;
  options.buffers = &buffers_;
  options.clock = base::SystemClock();
  options.on_error = options_.on_error;
  if (manifest_->tail_capacity > 0) {
    Result<std::unique_ptr<Tail>> tail = Tail::Start(
        directory_.get(), manifest_->database_id, manifest_->generation, manifest_->tail_capacity);
    if (!tail.ok()) return tail.status();
    options.tail = std::move(*tail);
  }
  log_ = std::make_unique<Log>(std::move(options));
  next_sequence_ = manifest_->start.sequence + 1;
  for (const SegmentInfo& info : manifest_->segments) {
    Result<std::shared_ptr<Segment>> segment =
        OpenSegment(directory_.get(), base::SystemClock(), info, 1'000'000'000);
    if (!segment.ok()) return segment.status();
    log_->AddPrepared(std::move(*segment));
  }
  return Prepare(queue_.get(), options_.segment_bytes);
}

Status LogBench::Prepare(io::Queue* queue, uint64_t bytes) {
  Result<std::shared_ptr<Segment>> segment =
      CreateSegment(directory_.get(), queue, &buffers_, ++manifest_->last_number, bytes);
  if (!segment.ok()) return segment.status();
  manifest_->segments.push_back((*segment)->info);
  log_->AddPrepared(std::move(*segment));
  return Status::Ok();
}

Result<Recovered> LogBench::Recover(bool read_only) {
  Status status = OpenDirectory();
  if (!status.ok()) return status;
  RecoveryOptions options;
  options.database_id = manifest_->database_id;
  options.generation = manifest_->generation;
  options.start = manifest_->start;
  options.segments = manifest_->segments;
  options.tail_capacity = manifest_->tail_capacity;
  options.read_only = read_only;
  options.buffers = &buffers_;
  options.clock = base::SystemClock();
  Recovered out;
  key::Sequence next = manifest_->start.sequence + 1;
  Result<RecoveryResult> result =
      RecoverLog(directory_.get(), queue_.get(), options,
                 [&](const GroupHeader& header, const Slice& payload) {
                   // A cut may begin inside what is in tables already, never behind it.
                   if (header.first_sequence != next &&
                       !(out.groups.empty() && header.first_sequence < next)) {
                     return Status::Failed("hole in the recovered groups");
                   }
                   if (payload != Slice(TestPayload(header.first_sequence, payload.size())) ||
                       header.count != CountOf(header.first_sequence, payload.size())) {
                     return Status::Failed("wrong bytes recovered");
                   }
                   out.groups.push_back(header);
                   next = header.last_sequence() + 1;
                   return Status::Ok();
                 });
  if (!result.ok()) return result.status();
  out.result = std::move(*result);
  if (out.result.last_sequence + 1 != next) return Status::Failed("wrong last sequence");
  return out;
}

Result<Recovered> LogBench::Reopen() {
  Result<Recovered> found = Recover();
  if (!found.ok()) return found;
  ++manifest_->generation;
  manifest_->start = {found->result.next_lsn, 0, found->result.last_sequence, 0, 0};
  manifest_->segments = found->result.unused_segments;
  const Status status = StartLog();
  if (!status.ok()) return status;
  return found;
}

Result<Log::Appended> LogBench::AppendInTurn(io::Queue* queue, const std::string& payload,
                                             Durability durability, key::Sequence* last) {
  const Slice piece(payload);
  LogGroup group;
  group.first_sequence = next_sequence_;
  group.count = CountOf(next_sequence_, payload.size());
  group.pieces = {&piece, 1};
  group.durability = durability;
  while (true) {
    Result<Log::Appended> appended = log_->Append(group);
    if (!appended.ok()) return appended;
    Status status;
    if (appended->outcome == AppendOutcome::kTailFull) {
      status = log_->MakeRoom(queue);
    } else if (appended->outcome == AppendOutcome::kSegmentWanted) {
      status = Prepare(queue, options_.segment_bytes);
    } else {
      *last = next_sequence_ + group.count - 1;
      next_sequence_ = *last + 1;
      history_->issued = *last;
      return appended;
    }
    if (!status.ok()) return status;
    base::SchedPoint();
  }
}

Status LogBench::Commit(io::Queue* queue, uint64_t payload_bytes, Durability durability) {
  std::string payload;
  key::Sequence last = 0;
  Log::Appended appended;
  {
    base::MutexLock lock(&commit_mutex_);
    payload = TestPayload(next_sequence_, payload_bytes);
    Result<Log::Appended> result = AppendInTurn(queue, payload, durability, &last);
    if (!result.ok()) return result.status();
    appended = *result;
  }
  if (appended.outcome == AppendOutcome::kBorrowed || durability == Durability::kDisk) {
    Result<std::unique_ptr<Spill>> spill = log_->BuildSpill();
    if (!spill.ok()) return spill.status();
    if (*spill != nullptr) (*spill)->Submit(queue);
    const Status status = log_->Finish(queue, std::move(*spill), last, durability);
    if (!status.ok()) return status;
  }
  if (disk_->crashed()) return Status::Aborted("crashed");
  base::MutexLock lock(&commit_mutex_);
  if (durability >= Durability::kProcess) {
    history_->acked_process = std::max(history_->acked_process, last);
  }
  if (durability == Durability::kDisk) history_->acked_disk = std::max(history_->acked_disk, last);
  if (appended.spill_at_nanos == 0) {
    const Status status = log_->SpillAll(queue, Durability::kMemory);
    if (!status.ok()) return status;
  }
  if (log_->SegmentWanted() > 0) return Prepare(queue, options_.segment_bytes);
  return Status::Ok();
}

Status LogBench::Forget(key::Sequence sequence) {
  const ReplayStart start = log_->Cut(sequence);
  const std::vector<uint64_t> gone = log_->SegmentsBefore(start);
  // The manifest edit.
  manifest_->start = start;
  std::erase_if(manifest_->segments, [&](const SegmentInfo& info) {
    return std::find(gone.begin(), gone.end(), info.number) != gone.end();
  });
  for (const std::shared_ptr<Segment>& segment : log_->Release(gone)) {
    const Status status =
        directory_->Unlink(base::MakeFileName(base::FileKind::kSegment, segment->info.number));
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status LogBench::Close() {
  Status status = log_->SpillAll(queue_.get(), Durability::kDisk);
  if (status.ok()) status = log_->WritePromise(queue_.get(), /*clean_close=*/true).status();
  if (status.ok()) log_.reset();
  return status;
}

}  // namespace treering::wal
