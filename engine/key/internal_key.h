// InternalKey: a user key with its sequence and kind, and the order of such keys.
//
// Owner: plain values.
// Threads: any.
// Invariants:
//   1. Encoded as the user key and 8 bytes little-endian: sequence << 8 | kind.
//      docs/format/batch.md.
//   2. Order: user key ascending, then the 8 bytes as a number descending (newest first).
//   3. Numbers of kinds are part of the disk formats.
#ifndef TREERING_ENGINE_KEY_INTERNAL_KEY_H_
#define TREERING_ENGINE_KEY_INTERNAL_KEY_H_

#include <cstdint>
#include <cstring>
#include <string>

#include "api/comparator.h"
#include "api/slice.h"
#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/limits.h"

namespace treering::key {

using Sequence = uint64_t;  // at most base::kSequenceMax

enum class Kind : uint8_t {
  kDelete = 0,
  kValue = 1,
  // Reserved; a decoder of this version answers NotSupported.
  kSingleDelete = 2,
  kMerge = 3,
  kRangeDelete = 4,
  kValuePointer = 5,
  kWideColumn = 6,
};
// Sorts before every entry of the same user key and sequence: for seeking.
inline constexpr uint8_t kSeekKind = 0xff;

inline constexpr size_t kTagBytes = 8;

inline uint64_t MakeTag(Sequence sequence, Kind kind) {
  return sequence << 8 | static_cast<uint64_t>(kind);
}
inline uint64_t SeekTag(Sequence sequence) { return sequence << 8 | kSeekKind; }
inline Sequence TagSequence(uint64_t tag) { return tag >> 8; }
inline Kind TagKind(uint64_t tag) { return static_cast<Kind>(tag & 0xff); }

// Of an encoded internal key (at least kTagBytes long; decoders check that before).
inline Slice UserKey(const Slice& internal) {
  TREERING_DCHECK(internal.size() >= kTagBytes);
  return Slice(internal.data(), internal.size() - kTagBytes);
}
inline uint64_t Tag(const Slice& internal) {
  TREERING_DCHECK(internal.size() >= kTagBytes);
  return base::Load64(internal.data() + internal.size() - kTagBytes);
}
inline void AppendInternalKey(std::string* out, const Slice& user_key, uint64_t tag) {
  out->append(user_key.data(), user_key.size());
  base::AppendFixed64(out, tag);
}

// The first eight bytes of a user key as a number that compares as they do (missing bytes are 0).
// Equal heads say nothing; different heads decide bytewise order.
inline uint64_t KeyHead(const Slice& user_key) {
  if (user_key.size() >= 8) [[likely]]
    return __builtin_bswap64(base::Load64(user_key.data()));
  if (user_key.empty()) return 0;
  uint64_t word = 0;
  std::memcpy(&word, user_key.data(), user_key.size());
  return __builtin_bswap64(word);
}

// Bytewise order of user keys whose heads are known to be equal: skips what is known.
inline int CompareBeyondHead(const Slice& a, const Slice& b) {
  if (a.size() < 8 || b.size() < 8) return a.Compare(b);
  return Slice(a.data() + 8, a.size() - 8).Compare(Slice(b.data() + 8, b.size() - 8));
}

// The order of a database. Bytewise order is a branch that the compiler can see; others are
// virtual.
class KeyOrder {
 public:
  explicit KeyOrder(const Comparator* comparator)
      : comparator_(comparator), bytewise_(comparator == BytewiseComparator()) {}

  const Comparator* comparator() const { return comparator_; }
  // Whether KeyHead may be used to compare.
  bool bytewise() const { return bytewise_; }

  int CompareUser(const Slice& a, const Slice& b) const {
    return bytewise_ ? a.Compare(b) : comparator_->Compare(a, b);
  }
  // Of encoded internal keys.
  int Compare(const Slice& a, const Slice& b) const {
    const int r = CompareUser(UserKey(a), UserKey(b));
    return r != 0 ? r : CompareTags(a, b);
  }
  // What KeyHead is to this order: numbers that differ only as the keys do.
  uint64_t Head(const Slice& user_key) const { return bytewise_ ? KeyHead(user_key) : 0; }
  // The same as Compare, for encoded internal keys of equal Head.
  int CompareOfEqualHeads(const Slice& a, const Slice& b) const {
    const int r = bytewise_ ? CompareBeyondHead(UserKey(a), UserKey(b))
                            : comparator_->Compare(UserKey(a), UserKey(b));
    return r != 0 ? r : CompareTags(a, b);
  }

 private:
  static int CompareTags(const Slice& a, const Slice& b) {
    const uint64_t tag_a = Tag(a);
    const uint64_t tag_b = Tag(b);
    return tag_a > tag_b ? -1 : (tag_a < tag_b ? 1 : 0);
  }

  const Comparator* comparator_;
  bool bytewise_;
};

}  // namespace treering::key

#endif  // TREERING_ENGINE_KEY_INTERNAL_KEY_H_
