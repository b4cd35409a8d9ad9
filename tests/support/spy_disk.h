// SpyDisk: a disk that notes what is asked of its queues, refuses new queues on demand, and may say
// that it is of a kind that keeps no mappings.
//
// Owner: the test; the disk under it outlives it.
// Threads: any; each thread's calls are noted apart, and taken by itself.
// Invariants:
//   1. Everything else passes through unchanged.
#ifndef TREERING_TESTS_SUPPORT_SPY_DISK_H_
#define TREERING_TESTS_SUPPORT_SPY_DISK_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/thread.h"
#include "engine/io/disk.h"

namespace treering::testing {

class SpyDisk final : public io::Disk {
 public:
  explicit SpyDisk(io::Disk* under) : under_(under) {}

  void RefuseQueues(bool refuse) { refuse_ = refuse; }
  // Of directories opened from now on.
  void KeepMappings(bool keep) { keeps_mappings_ = keep; }
  // What the calling thread asked of queues since it last took its notes: "submit", "send" (a poll
  // for nothing), "poll", "wait", "run", each followed by a blank.
  std::string TakeNotes() {
    base::MutexLock lock(&mutex_);
    return std::exchange(notes_[std::this_thread::get_id()], "");
  }

  Result<std::unique_ptr<io::Queue>> NewQueue(uint32_t depth) override {
    return Spied(refuse_ ? Refusal() : under_->NewQueue(depth));
  }
  Result<std::unique_ptr<io::Queue>> NewMovableQueue(uint32_t depth) override {
    return Spied(refuse_ ? Refusal() : under_->NewMovableQueue(depth));
  }
  Result<std::unique_ptr<io::Directory>> OpenDirectory(const std::string& path,
                                                       bool create) override {
    auto opened = under_->OpenDirectory(path, create);
    if (!opened.ok()) return opened;
    return std::unique_ptr<io::Directory>(
        std::make_unique<SpyDirectory>(*std::move(opened), keeps_mappings_));
  }
  Status RemoveDirectory(const std::string& path) override { return under_->RemoveDirectory(path); }
  io::BufferArena* arena() override { return under_->arena(); }
  io::DiskFacts Facts() override { return under_->Facts(); }

 private:
  class SpyQueue final : public io::Queue {
   public:
    SpyQueue(SpyDisk* disk, std::unique_ptr<io::Queue> under)
        : disk_(disk), under_(std::move(under)) {}
    void Submit(io::Request* request) override {
      disk_->Note("submit ");
      under_->Submit(request);
    }
    size_t Poll(std::span<io::Request*> out) override {
      disk_->Note(out.empty() ? "send " : "poll ");
      return under_->Poll(out);
    }
    size_t Wait(std::span<io::Request*> out, size_t min_count, uint64_t timeout_nanos) override {
      disk_->Note("wait ");
      return under_->Wait(out, min_count, timeout_nanos);
    }
    void Wake() override { under_->Wake(); }
    size_t in_flight() const override { return under_->in_flight(); }
    const io::QueueStats& stats() const override { return under_->stats(); }
    Status Run(io::Request* request) override {
      disk_->Note("run ");
      return under_->Run(request);
    }

   private:
    SpyDisk* const disk_;
    const std::unique_ptr<io::Queue> under_;
  };

  class SpyDirectory final : public io::Directory {
   public:
    SpyDirectory(std::unique_ptr<io::Directory> under, bool keeps_mappings)
        : under_(std::move(under)), keeps_mappings_(keeps_mappings) {}
    const std::string& path() const override { return under_->path(); }
    uint64_t device() const override { return under_->device(); }
    uint64_t inode() const override { return under_->inode(); }
    Result<std::unique_ptr<io::File>> Open(const std::string& name, io::OpenFlags flags) override {
      return under_->Open(name, flags);
    }
    Result<std::unique_ptr<io::MappedFile>> Map(const std::string& name, uint64_t size,
                                                bool lock) override {
      return under_->Map(name, size, lock);
    }
    Result<io::FileInfo> Stat(const std::string& name) override { return under_->Stat(name); }
    Result<std::vector<std::string>> List() override { return under_->List(); }
    Status Rename(const std::string& from, const std::string& to) override {
      return under_->Rename(from, to);
    }
    Status Unlink(const std::string& name) override { return under_->Unlink(name); }
    Status Link(const std::string& name, io::Directory* target,
                const std::string& new_name) override {
      return under_->Link(name, static_cast<SpyDirectory*>(target)->under_.get(), new_name);
    }
    Status Sync() override { return under_->Sync(); }
    Result<uint64_t> FreeBytes() override { return under_->FreeBytes(); }
    bool KeepsMappings() const override { return keeps_mappings_; }

   private:
    const std::unique_ptr<io::Directory> under_;
    const bool keeps_mappings_;
  };

  static Result<std::unique_ptr<io::Queue>> Refusal() {
    return Status::OutOfMemory("no locked memory for a queue");
  }
  Result<std::unique_ptr<io::Queue>> Spied(Result<std::unique_ptr<io::Queue>> made) {
    if (!made.ok()) return made.status();
    return std::unique_ptr<io::Queue>(std::make_unique<SpyQueue>(this, *std::move(made)));
  }
  void Note(const char* what) {
    base::MutexLock lock(&mutex_);
    notes_[std::this_thread::get_id()] += what;
  }

  io::Disk* const under_;
  std::atomic<bool> refuse_{false};
  std::atomic<bool> keeps_mappings_{true};
  base::Mutex mutex_;
  std::map<std::thread::id, std::string> notes_;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_SUPPORT_SPY_DISK_H_
