// Table: the open handle of one table file.
//
// Owner: shared by the versions that name it and by what reads it. It owns the file. The cache and
//   what else TableEnv names outlive it.
// Threads: any, after Open.
// Invariants:
//   1. Open trusts nothing but the manifest's TableInfo: ids, length, counts and whole-file hash of
//      the file must be those, or it is Corruption ("another table"). Unknown incompatible features
//      are NotSupported.
//   2. The top index is kept parsed, in memory charged as kTableMeta. Index partitions and filter
//      pages are reached through swizzle slots, data blocks through the cache.
//   3. Whatever enters the cache through the requests made here was checked: sum, place, structure
//      and, for index partitions, that their handles tile their part of the data area. So a page of
//      the file belongs to one block of one length, and readers need no checks of their own.
//   4. What Open allocates follows from counts that the file's length bounds and is charged before
//      it is allocated: a small table always opens, a large one that the budget has no room for is
//      OutOfMemory.
//   5. The frames of a closed table stay behind, never to be found, until they are evicted.
// Format: docs/format/table.md.
#ifndef TREERING_ENGINE_TABLE_TABLE_READER_H_
#define TREERING_ENGINE_TABLE_TABLE_READER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "api/result.h"
#include "api/slice.h"
#include "engine/base/budget.h"
#include "engine/cache/block_fetcher.h"
#include "engine/cache/page_cache.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/file.h"
#include "engine/io/queue.h"
#include "engine/key/internal_key.h"
#include "engine/table/table_format.h"
#include "engine/table/table_info.h"
#include "engine/table/top_index.h"

namespace treering::table {

// What the tables of one database share.
struct TableEnv {
  cache::PageCache* cache = nullptr;
  cache::BlockFetcher* fetcher = nullptr;
  io::BufferPool* buffers = nullptr;
  base::Budget* budget = nullptr;
  key::KeyOrder order{BytewiseComparator()};
  base::Id128 database_id;
  // The database was opened read-only: features that forbid changes only are no hindrance.
  bool read_only = false;
};

class Table {
 public:
  // Reads footer, top index and head: one read for a small table, two or three for others.
  static Result<std::shared_ptr<Table>> Open(const TableEnv& env, const TableInfo& expected,
                                             std::unique_ptr<io::File> file, io::Queue* queue);
  ~Table();
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  const TableInfo& info() const { return info_; }
  const key::KeyOrder& order() const { return env_.order; }
  const std::string& path() const { return file_->path(); }
  // Held by this handle outside the cache, in bytes.
  uint64_t memory_bytes() const { return charged_bytes_; }
  // Bytes of the file before the data block that may hold `internal_key`, to a partition's reach.
  uint64_t ApproximateOffset(const Slice& internal_key) const;
  // Drops the table's frames: call it once the file was deleted.
  void EvictFromCache();
  // Filter pages that could not be read or were damaged, and so answered "may match".
  uint64_t filter_failures() const { return filter_failures_.load(std::memory_order_relaxed); }

  // --- For the lookups and iterators of this folder ---
  const TableEnv& env() const { return env_; }
  io::File* file() const { return file_.get(); }
  const FooterPage& footer() const { return footer_; }
  const TopIndex& top_index() const { return top_index_; }
  uint64_t cache_file() const { return cache_file_; }
  cache::SwizzleSlot* filter_slot(uint32_t page) { return &slots_[page]; }
  cache::SwizzleSlot* partition_slot(uint32_t partition) {
    return &slots_[filter_pages_ + partition];
  }
  uint32_t filter_pages() const { return filter_pages_; }
  uint32_t filter_probes() const { return footer_.filter_probes; }
  cache::BlockRequest FilterRequest(uint32_t page);
  cache::BlockRequest PartitionRequest(uint32_t partition);
  cache::BlockRequest DataRequest(const BlockHandle& handle, cache::Priority priority,
                                  bool fill_cache = true);
  BlockPlace PlaceOf(BlockKind kind, uint64_t offset) const {
    return {path(), info_.file_id, offset, kind};
  }
  // The full check of a block that came from the disk; what requests carry as their verifier.
  Status CheckBlockAt(uint64_t page, std::span<const std::byte> bytes) const;
  // Whether the block at `handle` is the one whose sum the index remembers.
  Status CheckChildSum(BlockKind kind, const BlockHandle& handle, uint64_t found) const {
    if (static_cast<uint32_t>(found) == handle.sum_low) [[likely]]
      return Status::Ok();
    return ChildSumMismatch(kind, handle, found);
  }
  void NoteFilterFailure() { filter_failures_.fetch_add(1, std::memory_order_relaxed); }

 private:
  Table(const TableEnv& env, const TableInfo& info, std::unique_ptr<io::File> file);
  Status Load(io::Queue* queue);
  Status CheckHead(std::span<const std::byte> page) const;
  Status CheckFooter(std::span<const std::byte> page);
  Status LoadTopIndex(io::Queue* queue, uint64_t tail_offset, std::span<const std::byte> tail);
  Status Charge(uint64_t bytes);
  Status MakeSlots();
  Status OtherTable(BlockKind kind, const char* what, const std::string& expected,
                    const std::string& found) const;
  Status CheckPartition(uint64_t page, std::span<const std::byte> bytes) const;
  Status ChildSumMismatch(BlockKind kind, const BlockHandle& handle, uint64_t found) const;
  cache::BlockRequest MakeRequest(uint64_t page, uint32_t pages);

  const TableEnv env_;
  const TableInfo info_;
  const std::unique_ptr<io::File> file_;
  const uint64_t cache_file_;
  FooterPage footer_;
  TopIndex top_index_;
  uint32_t filter_pages_ = 0;
  uint32_t slot_count_ = 0;
  std::unique_ptr<cache::SwizzleSlot[]> slots_;  // filter pages, then index partitions
  uint64_t charged_bytes_ = 0;
  std::atomic<uint64_t> filter_failures_{0};
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_TABLE_READER_H_
