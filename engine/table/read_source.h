// ReadSource: where an iterator's reads go.
//
// Owner: the maker of the iterator; outlives it. Iterators of one merge share one.
// Threads: as the iterators: one at a time, but not always the same.
// Invariants:
//   1. ForCall's queue belongs to the calling thread until the call into the iterator returns, and
//      then has nothing of the iterator's in flight.
//   2. ForReadAhead's queue stays the iterators' own until the ReadSource ends, moves with them
//      from thread to thread, and may have reads in flight between calls. Its reads are into
//      buffers that nobody else waits for.
#ifndef TREERING_ENGINE_TABLE_READ_SOURCE_H_
#define TREERING_ENGINE_TABLE_READ_SOURCE_H_

#include "engine/io/queue.h"

namespace treering::table {

class ReadSource {
 public:
  virtual ~ReadSource() = default;
  // Never null.
  virtual io::Queue* ForCall() = 0;
  // Asked for when a scan goes on or a seek has several reads to start; made on first need. Null:
  // there is none to be had, and the iterator reads block by block.
  virtual io::Queue* ForReadAhead() = 0;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_READ_SOURCE_H_
