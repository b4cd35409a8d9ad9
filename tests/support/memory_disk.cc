#include "tests/support/memory_disk.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>

#include "engine/base/check.h"
#include "engine/io/errors.h"

namespace treering::testing {
namespace {

Status Refused(const std::string& path) { return Status::ReadOnly(path + ": a disk to read from"); }

class MemoryFile final : public io::File {
 public:
  MemoryFile(std::string path, const std::string* content)
      : File(std::move(path), /*direct=*/false, /*writable=*/false), content_(content) {}
  Status Size(uint64_t* bytes) override {
    *bytes = content_->size();
    return Status::Ok();
  }
  const std::string& content() const { return *content_; }

 private:
  const std::string* const content_;
};

class MemoryQueue final : public io::Queue {
 public:
  void Submit(io::Request* request) override {
    Carry(request);
    done_.push_back(request);
  }
  size_t Poll(std::span<io::Request*> out) override {
    size_t count = 0;
    for (; count < out.size() && !done_.empty(); done_.pop_front()) out[count++] = done_.front();
    return count;
  }
  size_t Wait(std::span<io::Request*> out, size_t, uint64_t) override { return Poll(out); }
  void Wake() override {}
  size_t in_flight() const override { return done_.size(); }
  const io::QueueStats& stats() const override { return stats_; }
  Status Run(io::Request* request) override {
    Carry(request);
    return request->ToStatus();
  }

 private:
  void Carry(io::Request* request) {
    ++stats_.requests;
    TREERING_CHECK(request->op == io::Op::kRead);
    const std::string& content = static_cast<MemoryFile*>(request->file)->content();
    request->error = 0;
    request->transferred = 0;
    if (request->offset >= content.size()) return;
    request->transferred = std::min<uint64_t>(request->length, content.size() - request->offset);
    std::memcpy(request->data, content.data() + request->offset, request->transferred);
  }

  std::deque<io::Request*> done_;
  io::QueueStats stats_;
};

class MemoryDirectory final : public io::Directory {
 public:
  MemoryDirectory(std::string path, const MemoryDisk::Files* files)
      : path_(std::move(path)), files_(files) {}

  const std::string& path() const override { return path_; }
  uint64_t device() const override { return 1; }
  uint64_t inode() const override { return 1; }

  Result<std::unique_ptr<io::File>> Open(const std::string& name, io::OpenFlags flags) override {
    if (flags.mode != io::OpenMode::kRead || flags.lock) return Refused(path_ + "/" + name);
    const auto found = files_->find(name);
    if (found == files_->end()) {
      return io::ErrorStatus(io::Action::kOpen, path_ + "/" + name, io::kNoOffset, ENOENT);
    }
    return std::unique_ptr<io::File>(
        std::make_unique<MemoryFile>(path_ + "/" + name, &found->second));
  }
  Result<std::unique_ptr<io::MappedFile>> Map(const std::string& name, uint64_t, bool) override {
    return Refused(path_ + "/" + name);
  }
  Result<io::FileInfo> Stat(const std::string& name) override {
    const auto found = files_->find(name);
    io::FileInfo info;
    info.exists = found != files_->end();
    if (info.exists) info.size = found->second.size();
    return info;
  }
  Result<std::vector<std::string>> List() override {
    std::vector<std::string> names;
    for (const auto& [name, content] : *files_) names.push_back(name);
    return names;
  }
  Status Rename(const std::string&, const std::string&) override { return Refused(path_); }
  Status Unlink(const std::string&) override { return Refused(path_); }
  Status Link(const std::string&, io::Directory*, const std::string&) override {
    return Refused(path_);
  }
  Status Sync() override { return Refused(path_); }
  Result<uint64_t> FreeBytes() override { return uint64_t{1} << 40; }

 private:
  const std::string path_;
  const MemoryDisk::Files* const files_;
};

}  // namespace

MemoryDisk::MemoryDisk(const Files* files, uint64_t arena_bytes_max)
    : files_(files), arena_({.bytes_max = arena_bytes_max, .huge_pages = false, .announce = {}}) {}

io::DiskFacts MemoryDisk::Facts() {
  io::DiskFacts facts;
  facts.driver = "memory";
  return facts;
}

Result<std::unique_ptr<io::Queue>> MemoryDisk::NewQueue(uint32_t) {
  return std::unique_ptr<io::Queue>(std::make_unique<MemoryQueue>());
}

Result<std::unique_ptr<io::Directory>> MemoryDisk::OpenDirectory(const std::string& path, bool) {
  return std::unique_ptr<io::Directory>(std::make_unique<MemoryDirectory>(path, files_));
}

Status MemoryDisk::RemoveDirectory(const std::string& path) { return Refused(path); }

}  // namespace treering::testing
