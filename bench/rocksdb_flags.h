// RocksDbFlags: the names of RocksDB's db_bench flags that treering has no counterpart for.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. A script written for RocksDB's db_bench runs: each of its flags is ours, or is named here
//      and gives one warning.
#ifndef TREERING_BENCH_ROCKSDB_FLAGS_H_
#define TREERING_BENCH_ROCKSDB_FLAGS_H_

#include "bench/flags.h"

namespace treering::bench {

void AddRocksDbFlags(FlagSet* flags);

}  // namespace treering::bench

#endif  // TREERING_BENCH_ROCKSDB_FLAGS_H_
