// DbCore: one open database. Wiring only: each piece of state has its owner in a file of its own.
//
// Owner: the DB handle and, after Close, whatever handles still read from it.
// Threads: any, except where said.
// Invariants:
//   1. After Close no thread of the Runtime touches it and no file is open for writing.
//   2. Reads hold a SuperVersion and need no lock; writes go through the CommitPipeline; changes of
//      the tree go through Background.
#ifndef TREERING_ENGINE_DB_DB_CORE_H_
#define TREERING_ENGINE_DB_DB_CORE_H_

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/db_types.h"
#include "api/options.h"
#include "api/pinned_value.h"
#include "api/result.h"
#include "api/write_batch.h"
#include "engine/db/db_iterator.h"
#include "engine/db/snapshot_list.h"
#include "engine/runtime/runtime.h"

namespace treering::db {

// ReadOptions as the engine sees them.
struct ReadView {
  const SnapshotCore* snapshot = nullptr;  // null: now
  bool fill_cache = true;
  std::optional<std::string> lower;
  std::optional<std::string> upper;
};

class DbCore : public std::enable_shared_from_this<DbCore> {
 public:
  static Result<std::shared_ptr<DbCore>> Open(std::shared_ptr<runtime::RuntimeCore> runtime,
                                              const Options& options, const std::string& path);
  static Status Destroy(runtime::RuntimeCore* runtime, const std::string& path);
  ~DbCore();

  Status Close();
  Status Write(const WriteBatch& batch, Durability durability);
  Durability default_durability() const;

  Status Get(const ReadView& view, const Slice& key, PinnedValue* value);
  void MultiGet(const ReadView& view, std::span<const Slice> keys, std::span<PinnedValue> values,
                std::span<Status> statuses);
  std::unique_ptr<DbIterator> NewIterator(const ReadView& view);
  std::shared_ptr<SnapshotCore> GetSnapshot();

  Status Flush();
  Status CompactRange(const Slice* begin, const Slice* end);
  Status WaitForCompaction();
  bool GetProperty(std::string_view name, std::string* value);
  Result<std::vector<uint64_t>> ApproximateSizes(std::span<const Range> ranges);
  Result<VerifyReport> Verify(const std::function<void(uint64_t, uint64_t)>& progress);

  DbState state() const;
  const std::string& path() const;

 private:
  struct Impl;
  explicit DbCore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_DB_CORE_H_
