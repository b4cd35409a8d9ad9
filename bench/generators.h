// Generators: keys and values of the benchmarks, as RocksDB's db_bench makes them.
//
// Owner: one a thread; the bytes of ValueBytes are shared.
// Threads: one at a time; ValueBytes is constant.
// Invariants:
//   1. A key is the number's last min(8, key_size) bytes, big endian, filled up with '0'.
//   2. Values are windows into one MiB of text that shrinks to `ratio` when compressed; taking one
//      copies nothing.
#ifndef TREERING_BENCH_GENERATORS_H_
#define TREERING_BENCH_GENERATORS_H_

#include <algorithm>
#include <cstdint>
#include <string>

#include "api/slice.h"
#include "engine/base/prng.h"

namespace treering::bench {

class KeyMaker {
 public:
  explicit KeyMaker(size_t key_size) : key_(key_size, '0') {}

  // Good until the next call.
  Slice Make(uint64_t number) {
    const size_t filled = std::min<size_t>(8, key_.size());
    for (size_t i = 0; i < filled; ++i) {
      key_[i] = static_cast<char>(number >> (8 * (filled - 1 - i)));
    }
    return Slice(key_);
  }

 private:
  std::string key_;
};

class ValueBytes {
 public:
  ValueBytes(uint64_t seed, double ratio, size_t value_size);

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class ValueSource {
 public:
  ValueSource(const ValueBytes& bytes, size_t value_size)
      : bytes_(bytes.bytes()), value_size_(value_size) {}

  Slice Next() {
    if (position_ + value_size_ > bytes_.size()) position_ = 0;
    const Slice value(bytes_.data() + position_, value_size_);
    position_ += value_size_;
    return value;
  }

 private:
  const std::string& bytes_;
  const size_t value_size_;
  size_t position_ = 0;
};

// Each number of [0, count) once, in an order that the seed picks, without a table: a Feistel
// network over the next power of four, walked until it falls inside.
class Permutation {
 public:
  Permutation(uint64_t count, uint64_t seed);

  uint64_t At(uint64_t index) const;

 private:
  static constexpr int kRounds = 4;

  uint64_t Encrypt(uint64_t value) const;

  uint64_t count_;
  int half_bits_;
  uint64_t keys_[kRounds];
};

}  // namespace treering::bench

#endif  // TREERING_BENCH_GENERATORS_H_
