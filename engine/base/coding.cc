#include "engine/base/coding.h"

namespace treering::base {
namespace {

// Reads up to `bytes_max` bytes; refuses a last byte of zero behind others (longer than need be).
const char* DecodeVarint(const char* p, const char* limit, int bytes_max, uint64_t* v) {
  uint64_t result = 0;
  for (int i = 0; i < bytes_max && p < limit; ++i) {
    const auto byte = static_cast<unsigned char>(*p++);
    const uint64_t bits = byte & 0x7f;
    if (i == kVarint64BytesMax - 1 && bits > 1) return nullptr;  // past 64 bits
    result |= bits << (7 * i);
    if (byte < 0x80) {
      if (byte == 0 && i > 0) return nullptr;
      *v = result;
      return p;
    }
  }
  return nullptr;
}

}  // namespace

int VarintBytes(uint64_t v) {
  // Seven bits a byte; zero takes one byte too.
  return (static_cast<int>(std::bit_width(v | 1)) + 6) / 7;
}

void AppendVarint32(std::string* out, uint32_t v) { AppendVarint64(out, v); }

void AppendVarint64(std::string* out, uint64_t v) {
  char bytes[kVarint64BytesMax];
  const char* end = EncodeVarint64(bytes, v);
  out->append(bytes, static_cast<size_t>(end - bytes));
}

void AppendLengthPrefixed(std::string* out, const Slice& bytes) {
  AppendVarint64(out, bytes.size());
  out->append(bytes.data(), bytes.size());
}

const char* DecodeVarint32Slow(const char* p, const char* limit, uint32_t* v) {
  uint64_t wide = 0;
  const char* end = DecodeVarint(p, limit, kVarint32BytesMax, &wide);
  if (end == nullptr || wide > UINT32_MAX) return nullptr;
  *v = static_cast<uint32_t>(wide);
  return end;
}

const char* DecodeVarint64(const char* p, const char* limit, uint64_t* v) {
  return DecodeVarint(p, limit, kVarint64BytesMax, v);
}

bool GetVarint32(Slice* input, uint32_t* v) {
  const char* end = DecodeVarint32(input->data(), input->end(), v);
  if (end == nullptr) return false;
  input->remove_prefix(static_cast<size_t>(end - input->data()));
  return true;
}

bool GetVarint64(Slice* input, uint64_t* v) {
  const char* end = DecodeVarint64(input->data(), input->end(), v);
  if (end == nullptr) return false;
  input->remove_prefix(static_cast<size_t>(end - input->data()));
  return true;
}

bool GetFixed32(Slice* input, uint32_t* v) {
  if (input->size() < sizeof *v) return false;
  *v = Load32(input->data());
  input->remove_prefix(sizeof *v);
  return true;
}

bool GetFixed64(Slice* input, uint64_t* v) {
  if (input->size() < sizeof *v) return false;
  *v = Load64(input->data());
  input->remove_prefix(sizeof *v);
  return true;
}

bool GetLengthPrefixed(Slice* input, Slice* bytes) {
  uint64_t size = 0;
  if (!GetVarint64(input, &size) || size > input->size()) return false;
  *bytes = Slice(input->data(), static_cast<size_t>(size));
  input->remove_prefix(static_cast<size_t>(size));
  return true;
}

}  // namespace treering::base
