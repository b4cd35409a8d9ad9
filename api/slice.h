// Slice: a borrowed run of bytes.
//
// Owner: the caller; a Slice never owns what it points at.
// Threads: a plain value; reading one from several threads is safe while the bytes stay unchanged.
// Invariants:
//   1. data() is valid for size() bytes as long as the owner keeps them.
//   2. Order is bytewise and unsigned, a shorter prefix first.
#ifndef TREERING_API_SLICE_H_
#define TREERING_API_SLICE_H_

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace treering {

class Slice {
 public:
  constexpr Slice() = default;
  constexpr Slice(const char* data, size_t size) : data_(data), size_(size) {}
  Slice(const std::string& s) : data_(s.data()), size_(s.size()) {}                       // NOLINT
  constexpr Slice(std::string_view s) : data_(s.data()), size_(s.size()) {}               // NOLINT
  constexpr Slice(const char* s) : data_(s), size_(std::char_traits<char>::length(s)) {}  // NOLINT

  constexpr const char* data() const { return data_; }
  constexpr size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr char operator[](size_t i) const { return data_[i]; }
  constexpr const char* begin() const { return data_; }
  constexpr const char* end() const { return data_ + size_; }

  void remove_prefix(size_t n) {
    data_ += n;
    size_ -= n;
  }
  std::string ToString() const { return std::string(data_, size_); }
  std::string_view view() const { return std::string_view(data_, size_); }

  // Negative, zero or positive as *this sorts before, with or after `b`.
  int Compare(const Slice& b) const {
    const size_t n = size_ < b.size_ ? size_ : b.size_;
    const int r = n == 0 ? 0 : std::memcmp(data_, b.data_, n);
    if (r != 0) return r;
    return size_ < b.size_ ? -1 : (size_ > b.size_ ? 1 : 0);
  }
  bool StartsWith(const Slice& prefix) const {
    return size_ >= prefix.size_ &&
           (prefix.size_ == 0 || std::memcmp(data_, prefix.data_, prefix.size_) == 0);
  }

 private:
  const char* data_ = "";
  size_t size_ = 0;
};

inline bool operator==(const Slice& a, const Slice& b) {
  return a.size() == b.size() && (a.size() == 0 || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
inline bool operator!=(const Slice& a, const Slice& b) { return !(a == b); }
inline bool operator<(const Slice& a, const Slice& b) { return a.Compare(b) < 0; }

}  // namespace treering

#endif  // TREERING_API_SLICE_H_
