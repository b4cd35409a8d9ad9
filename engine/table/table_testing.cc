#include "engine/table/table_testing.h"

#include <algorithm>
#include <cstring>
#include <deque>

#include "engine/base/check.h"
#include "engine/base/file_names.h"
#include "engine/table/filter_format.h"

namespace treering::table {
namespace {

constexpr base::Id128 kDatabaseId{0x1111, 0x2222};

template <typename T>
T Must(Result<T> result) {
  TREERING_CHECK(result.ok());
  return std::move(*result);
}

class FileInMemory : public io::File {
 public:
  explicit FileInMemory(std::string path)
      : File(std::move(path), /*direct=*/true, /*writable=*/false) {}
  // Returns how many bytes there are.
  virtual uint64_t Read(uint64_t offset, std::span<std::byte> into) const = 0;
};

class MemoryFileImpl final : public FileInMemory {
 public:
  MemoryFileImpl(std::string path, const std::string* content)
      : FileInMemory(std::move(path)), content_(content) {}
  Status Size(uint64_t* bytes) override {
    *bytes = content_->size();
    return Status::Ok();
  }
  uint64_t Read(uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= content_->size()) return 0;
    const uint64_t count = std::min<uint64_t>(into.size(), content_->size() - offset);
    std::memcpy(into.data(), content_->data() + offset, count);
    return count;
  }

 private:
  const std::string* const content_;
};

class SparseFileImpl final : public FileInMemory {
 public:
  SparseFileImpl(std::string path, uint64_t bytes, std::map<uint64_t, std::string> parts)
      : FileInMemory(std::move(path)), bytes_(bytes), parts_(std::move(parts)) {}
  Status Size(uint64_t* bytes) override {
    *bytes = bytes_;
    return Status::Ok();
  }
  uint64_t Read(uint64_t offset, std::span<std::byte> into) const override {
    if (offset >= bytes_) return 0;
    const uint64_t count = std::min<uint64_t>(into.size(), bytes_ - offset);
    std::memset(into.data(), 0, count);
    for (const auto& [at, part] : parts_) {
      const uint64_t begin = std::max(at, offset);
      const uint64_t end = std::min(at + part.size(), offset + count);
      if (begin >= end) continue;
      std::memcpy(into.data() + (begin - offset), part.data() + (begin - at), end - begin);
    }
    return count;
  }

 private:
  const uint64_t bytes_;
  const std::map<uint64_t, std::string> parts_;
};

class MemoryQueueImpl final : public io::Queue {
 public:
  void Submit(io::Request* request) override {
    TREERING_CHECK(request->op == io::Op::kRead);
    request->error = 0;
    request->transferred = static_cast<FileInMemory*>(request->file)
                               ->Read(request->offset, {request->data, request->length});
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
    Submit(request);
    done_.pop_back();
    return request->ToStatus();
  }

 private:
  std::deque<io::Request*> done_;
  io::QueueStats stats_;
};

}  // namespace

std::string InternalKey(const std::string& user_key, key::Sequence sequence, key::Kind kind) {
  std::string key;
  key::AppendInternalKey(&key, user_key, key::MakeTag(sequence, kind));
  return key;
}

TableWorld::TableWorld(std::unique_ptr<io::Disk> disk, const std::string& path,
                       uint64_t cache_bytes)
    : disk_(std::move(disk)),
      directory_(Must(disk_->OpenDirectory(path, true))),
      queue_(Must(disk_->NewQueue(64))),
      ahead_(Must(disk_->NewMovableQueue(64))),
      pool_(disk_->arena(), &budget_),
      cache_({.bytes_max = cache_bytes}, disk_->arena(), &budget_, &epochs_),
      fetcher_(&cache_, &pool_) {}

TableWorld::~TableWorld() = default;

TableBuilderOptions TableWorld::DefaultOptions() {
  TableBuilderOptions options;
  options.database_id = kDatabaseId;
  return options;
}

TableEnv TableWorld::env() {
  TableEnv env;
  env.cache = &cache_;
  env.fetcher = &fetcher_;
  env.buffers = &pool_;
  env.budget = &budget_;
  env.order = order_;
  env.database_id = kDatabaseId;
  return env;
}

std::unique_ptr<io::File> TableWorld::OpenFile(uint64_t number, io::OpenMode mode) {
  return Must(directory_->Open(base::MakeFileName(base::FileKind::kTable, number), {.mode = mode}));
}

Result<TableInfo> TableWorld::Build(uint64_t number, const Entries& entries,
                                    TableBuilderOptions options) {
  options.file_number = number;
  if (options.file_id == base::Id128{}) options.file_id = {number * 0x9e3779b97f4a7c15, number};
  options.order = order_;
  const std::unique_ptr<io::File> file = OpenFile(number, io::OpenMode::kCreate);
  TableBuilder builder(options, file.get(), queue_.get(), &pool_);
  for (const auto& [key, value] : entries) {
    if (Status s = builder.Add(key, value); !s.ok()) return s;
  }
  return builder.Finish();
}

Result<std::shared_ptr<Table>> TableWorld::Open(const TableInfo& info) {
  return Open(info, OpenFile(info.number), queue_.get());
}

Result<std::shared_ptr<Table>> TableWorld::Open(const TableInfo& info,
                                                std::unique_ptr<io::File> file, io::Queue* queue) {
  return Table::Open(env(), info, std::move(file), queue);
}

Result<std::string> TableWorld::Get(Table* table, const std::string& user_key,
                                    key::Sequence snapshot, io::Queue* queue) {
  if (queue == nullptr) queue = queue_.get();
  TableLookup lookup;
  cache::BlockRef block;
  Status read;
  bool first = true;
  for (;;) {
    {
      const base::EpochDomain::Guard guard(&epochs_);
      TableLookup::Step step;
      if (first) {
        lookup.Start(table, user_key, FilterHash(user_key, FilterSeed(kDatabaseId)), snapshot);
        step = lookup.Resume();
      } else {
        step = read.ok() ? lookup.Resume(&block) : lookup.ResumeFailed(read);
      }
      first = false;
      if (step == TableLookup::Step::kFound) return lookup.value().ToString();
      if (step == TableLookup::Step::kDeleted) return std::string("(deleted)");
      if (step == TableLookup::Step::kAbsent) return Status::NotFound();
      if (step == TableLookup::Step::kError) return lookup.status();
    }
    Result<cache::BlockRef> result = fetcher_.ReadOne(queue, lookup.need());
    read = result.status();
    if (result.ok()) block = std::move(*result);
  }
}

std::unique_ptr<io::File> MemoryFile(std::string path, const std::string* content) {
  return std::make_unique<MemoryFileImpl>(std::move(path), content);
}

std::unique_ptr<io::File> SparseFile(std::string path, uint64_t bytes,
                                     std::map<uint64_t, std::string> parts) {
  return std::make_unique<SparseFileImpl>(std::move(path), bytes, std::move(parts));
}

std::unique_ptr<io::Queue> MemoryQueue() { return std::make_unique<MemoryQueueImpl>(); }

}  // namespace treering::table
