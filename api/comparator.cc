#include "api/comparator.h"

namespace treering {
namespace {

class Bytewise final : public Comparator {
 public:
  std::string_view Name() const override { return "treering.bytewise"; }

  int Compare(const Slice& a, const Slice& b) const override { return a.Compare(b); }

  void FindShortestSeparator(std::string* start, const Slice& limit) const override {
    const size_t min_size = start->size() < limit.size() ? start->size() : limit.size();
    size_t i = 0;
    while (i < min_size && (*start)[i] == limit[i]) ++i;
    if (i >= min_size) return;  // one is a prefix of the other
    const auto byte = static_cast<unsigned char>((*start)[i]);
    if (byte < 0xff && byte + 1 < static_cast<unsigned char>(limit[i])) {
      (*start)[i] = static_cast<char>(byte + 1);
      start->resize(i + 1);
    }
  }

  void FindShortSuccessor(std::string* key) const override {
    for (size_t i = 0; i < key->size(); ++i) {
      const auto byte = static_cast<unsigned char>((*key)[i]);
      if (byte != 0xff) {
        (*key)[i] = static_cast<char>(byte + 1);
        key->resize(i + 1);
        return;
      }
    }
  }
};

}  // namespace

const Comparator* BytewiseComparator() {
  static const Bytewise* const comparator = new Bytewise();
  return comparator;
}

}  // namespace treering
