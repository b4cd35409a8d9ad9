// TableTesting: a disk, a cache and whatever else tables need, for tests.
//
// Owner: the test.
// Threads: one at a time.
// Invariants:
//   1. Table files are made in one directory of the disk it was given, under the names that the
//      engine gives them.
#ifndef TREERING_ENGINE_TABLE_TABLE_TESTING_H_
#define TREERING_ENGINE_TABLE_TABLE_TESTING_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/result.h"
#include "engine/base/budget_unlimited.h"
#include "engine/base/epoch.h"
#include "engine/cache/block_fetcher.h"
#include "engine/cache/page_cache.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/table/read_source.h"
#include "engine/table/table_builder.h"
#include "engine/table/table_lookup.h"
#include "engine/table/table_reader.h"

namespace treering::table {

using Entries = std::vector<std::pair<std::string, std::string>>;  // internal keys and values

std::string InternalKey(const std::string& user_key, key::Sequence sequence,
                        key::Kind kind = key::Kind::kValue);

class TableWorld final : public ReadSource {
 public:
  explicit TableWorld(std::unique_ptr<io::Disk> disk, const std::string& path,
                      uint64_t cache_bytes = 16ull << 20);
  ~TableWorld() override;

  // A table of `entries`; options as given but for what names the file.
  Result<TableInfo> Build(uint64_t number, const Entries& entries,
                          TableBuilderOptions options = DefaultOptions());
  static TableBuilderOptions DefaultOptions();
  Result<std::shared_ptr<Table>> Open(const TableInfo& info);
  // The same over a file of the test's own.
  Result<std::shared_ptr<Table>> Open(const TableInfo& info, std::unique_ptr<io::File> file,
                                      io::Queue* queue);
  std::unique_ptr<io::File> OpenFile(uint64_t number, io::OpenMode mode = io::OpenMode::kRead);

  // As the synchronous driver does. NotFound when the table says nothing; a deletion is
  // "(deleted)".
  Result<std::string> Get(Table* table, const std::string& user_key, key::Sequence snapshot,
                          io::Queue* queue = nullptr);

  io::Queue* ForCall() override { return queue_.get(); }
  io::Queue* ForReadAhead() override { return with_read_ahead_ ? ahead_.get() : nullptr; }
  void SetReadAhead(bool on) { with_read_ahead_ = on; }

  Status SyncDirectory() { return directory_->Sync(); }
  io::Queue* queue() { return queue_.get(); }
  io::BufferPool* pool() { return &pool_; }
  base::UnlimitedBudget* budget() { return &budget_; }
  cache::PageCache* cache() { return &cache_; }
  cache::BlockFetcher* fetcher() { return &fetcher_; }
  TableEnv env();
  void SetComparator(const Comparator* comparator) { order_ = key::KeyOrder(comparator); }
  const key::KeyOrder& order() const { return order_; }

 private:
  const std::unique_ptr<io::Disk> disk_;
  std::unique_ptr<io::Directory> directory_;
  std::unique_ptr<io::Queue> queue_;
  std::unique_ptr<io::Queue> ahead_;
  bool with_read_ahead_ = true;
  base::UnlimitedBudget budget_;
  base::EpochDomain epochs_;
  io::BufferPool pool_;
  cache::PageCache cache_;
  cache::BlockFetcher fetcher_;
  key::KeyOrder order_{BytewiseComparator()};
};

// A file in memory and a queue that reads it at once: for sweeps over many damaged copies.
std::unique_ptr<io::File> MemoryFile(std::string path, const std::string* content);
// The same of `bytes` zeros but for `parts`, by offset.
std::unique_ptr<io::File> SparseFile(std::string path, uint64_t bytes,
                                     std::map<uint64_t, std::string> parts);
std::unique_ptr<io::Queue> MemoryQueue();

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_TABLE_TESTING_H_
