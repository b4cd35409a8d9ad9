// FuzzInput: takes numbers and bytes off the front of a fuzzer's input; and what targets share.
//
// Owner: the target.
// Threads: one.
// Invariants:
//   1. An input that is used up gives zeros and empty bytes.
#ifndef TREERING_TESTS_FUZZ_FUZZ_INPUT_H_
#define TREERING_TESTS_FUZZ_FUZZ_INPUT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace treering::fuzz {

class FuzzInput {
 public:
  FuzzInput(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  uint8_t Byte() { return static_cast<uint8_t>(Number(1)); }
  uint64_t Number(size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes && size_ > 0; ++i) {
      value |= uint64_t{*data_++} << (8 * i);
      --size_;
    }
    return value;
  }
  // At most so many.
  std::string Bytes(size_t count) {
    count = std::min(count, size_);
    std::string bytes(reinterpret_cast<const char*>(data_), count);
    data_ += count;
    size_ -= count;
    return bytes;
  }
  std::string Rest() { return Bytes(size_); }

 private:
  const uint8_t* data_;
  size_t size_;
};

// The process ends with a message: what a fuzzer looks for.
#define FUZZ_CHECK(condition)                                                      \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

// Damages `bytes` as the input says: overwritten runs, zeroed, doubled or swapped pages, a cut end.
inline void Damage(FuzzInput* input, std::string* bytes) {
  constexpr size_t kPage = 4096;
  for (int edits = 0; edits < 16 && !input->empty() && !bytes->empty(); ++edits) {
    const uint8_t what = input->Byte();
    const size_t at = input->Number(3) % bytes->size();
    const size_t page = at / kPage * kPage;
    const size_t length = std::min(kPage, bytes->size() - page);
    switch (what % 8) {
      case 0:
        bytes->replace(page, length, length, '\0');
        break;
      case 1: {
        const size_t from = input->Number(3) % bytes->size() / kPage * kPage;
        const std::string copy = bytes->substr(from, length);
        bytes->replace(page, copy.size(), copy);
        break;
      }
      case 2:
        bytes->resize(at);
        break;
      case 3:
        (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << (what / 8 % 8)));
        break;
      default: {
        const std::string run = input->Bytes(std::min<size_t>(what / 8, bytes->size() - at));
        bytes->replace(at, run.size(), run);
      }
    }
  }
}

}  // namespace treering::fuzz

// The entry that libFuzzer and replay_main.cc call. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#endif  // TREERING_TESTS_FUZZ_FUZZ_INPUT_H_
