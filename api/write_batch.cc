#include "api/write_batch.h"

#include <algorithm>

namespace treering {
namespace {

// The kinds of engine/key/internal_key.h that a batch can carry; docs/format/batch.md.
constexpr char kKindDelete = 0;
constexpr char kKindValue = 1;

void AppendLength(std::string* out, uint64_t n) {
  while (n >= 0x80) {
    out->push_back(static_cast<char>(n | 0x80));
    n >>= 7;
  }
  out->push_back(static_cast<char>(n));
}

void AppendBytes(std::string* out, const Slice& bytes) {
  AppendLength(out, bytes.size());
  out->append(bytes.data(), bytes.size());
}

}  // namespace

void WriteBatch::Put(const Slice& key, const Slice& value) {
  rep_.push_back(kKindValue);
  AppendBytes(&rep_, key);
  AppendBytes(&rep_, value);
  ++count_;
  key_bytes_max_ = std::max(key_bytes_max_, key.size());
  value_bytes_max_ = std::max(value_bytes_max_, value.size());
}

void WriteBatch::Delete(const Slice& key) {
  rep_.push_back(kKindDelete);
  AppendBytes(&rep_, key);
  ++count_;
  key_bytes_max_ = std::max(key_bytes_max_, key.size());
}

void WriteBatch::Clear() { *this = WriteBatch(); }

void WriteBatch::Append(const WriteBatch& other) {
  rep_.append(other.rep_);
  count_ += other.count_;
  key_bytes_max_ = std::max(key_bytes_max_, other.key_bytes_max_);
  value_bytes_max_ = std::max(value_bytes_max_, other.value_bytes_max_);
}

}  // namespace treering
