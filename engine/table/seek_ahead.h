// SeekAhead: starts the reads of one seek, the second when the first has come, without waiting.
//
// Owner: a TableIterator. Table, queue and fetcher outlive it.
// Threads: as the queue's use.
// Invariants:
//   1. At most one read is in flight: the index partition, then the data block.
//   2. What was read is held until Stop, so that the seek finds it even where the cache had no
//      room.
//   3. Errors are dropped: the seek meets them again by itself.
//   4. Started twice for one target, it reads once.
#ifndef TREERING_ENGINE_TABLE_SEEK_AHEAD_H_
#define TREERING_ENGINE_TABLE_SEEK_AHEAD_H_

#include <cstdint>
#include <optional>
#include <string>

#include "api/slice.h"
#include "engine/cache/block_fetcher.h"
#include "engine/cache/block_ref.h"
#include "engine/io/queue.h"
#include "engine/table/io_client.h"
#include "engine/table/read_source.h"
#include "engine/table/table_reader.h"

namespace treering::table {

class SeekAhead final : private IoClient {
 public:
  SeekAhead(Table* table, bool fill_cache) : table_(table), fill_cache_(fill_cache) {}
  ~SeekAhead() { Stop(); }
  SeekAhead(const SeekAhead&) = delete;
  SeekAhead& operator=(const SeekAhead&) = delete;

  // Asks `source` for a queue only when there is something to read.
  void Start(ReadSource* source, const Slice& target);
  // Waits for the reads that Start began.
  void Finish();
  // As Finish; then gives up what was read.
  void Stop();

  // What was read, if it is the block at `page`; empty otherwise.
  cache::BlockRef Take(uint64_t page);

 private:
  void OnIo(io::Request* request) override;
  void StartRead(const cache::BlockRequest& request);
  void OnPartition(const cache::BlockRef& block);

  Table* const table_;
  const bool fill_cache_;
  ReadSource* source_ = nullptr;
  io::Queue* queue_ = nullptr;
  std::string target_;
  bool started_ = false;  // for target_, until Stop
  uint32_t partition_ = 0;
  bool reads_partition_ = false;
  bool in_flight_ = false;
  std::optional<cache::PendingBlock> pending_;
  // What was read, by page.
  struct Held {
    uint64_t page = 0;
    cache::BlockRef block;
  };
  Held partition_block_;
  Held data_block_;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_SEEK_AHEAD_H_
