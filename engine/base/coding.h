// Coding: fixed-width and variable-width integers as they lie on disk, little-endian.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. Loads are safe at any alignment. Decoders read only inside [p, limit) and say so by null.
//   2. A varint that is longer than it need be, or than its type, is refused.
#ifndef TREERING_ENGINE_BASE_CODING_H_
#define TREERING_ENGINE_BASE_CODING_H_

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "api/slice.h"

namespace treering::base {

static_assert(std::endian::native == std::endian::little, "formats are little-endian");

template <typename T>
inline T LoadFixed(const void* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <typename T>
inline void StoreFixed(void* p, T v) {
  std::memcpy(p, &v, sizeof v);
}
inline uint16_t Load16(const void* p) { return LoadFixed<uint16_t>(p); }
inline uint32_t Load32(const void* p) { return LoadFixed<uint32_t>(p); }
inline uint64_t Load64(const void* p) { return LoadFixed<uint64_t>(p); }
inline void Store16(void* p, uint16_t v) { StoreFixed(p, v); }
inline void Store32(void* p, uint32_t v) { StoreFixed(p, v); }
inline void Store64(void* p, uint64_t v) { StoreFixed(p, v); }

inline void AppendFixed32(std::string* out, uint32_t v) {
  out->append(reinterpret_cast<const char*>(&v), sizeof v);
}
inline void AppendFixed64(std::string* out, uint64_t v) {
  out->append(reinterpret_cast<const char*>(&v), sizeof v);
}

inline constexpr int kVarint32BytesMax = 5;
inline constexpr int kVarint64BytesMax = 10;

// Writes at `p` (room for the longest form) and returns the end.
inline char* EncodeVarint64(char* p, uint64_t v) {
  while (v >= 0x80) {
    *p++ = static_cast<char>(v | 0x80);
    v >>= 7;
  }
  *p++ = static_cast<char>(v);
  return p;
}
inline char* EncodeVarint32(char* p, uint32_t v) { return EncodeVarint64(p, v); }
int VarintBytes(uint64_t v);
void AppendVarint32(std::string* out, uint32_t v);
void AppendVarint64(std::string* out, uint64_t v);
void AppendLengthPrefixed(std::string* out, const Slice& bytes);

// The end of the varint, or null when it is damaged or runs past `limit`.
const char* DecodeVarint32Slow(const char* p, const char* limit, uint32_t* v);
const char* DecodeVarint64(const char* p, const char* limit, uint64_t* v);
inline const char* DecodeVarint32(const char* p, const char* limit, uint32_t* v) {
  if (p < limit) {
    const auto byte = static_cast<unsigned char>(*p);
    if (byte < 0x80) {
      *v = byte;
      return p + 1;
    }
  }
  return DecodeVarint32Slow(p, limit, v);
}

// Takes a value off the front of *input; false (and *input undefined) when it is damaged.
bool GetVarint32(Slice* input, uint32_t* v);
bool GetVarint64(Slice* input, uint64_t* v);
bool GetFixed32(Slice* input, uint32_t* v);
bool GetFixed64(Slice* input, uint64_t* v);
bool GetLengthPrefixed(Slice* input, Slice* bytes);

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_CODING_H_
