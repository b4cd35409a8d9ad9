// Shrink: the shortest part of a sequence that it finds that still fails.
//
// Owner: nobody.
// Threads: one.
// Invariants:
//   1. What it returns fails, if what it got did.
#ifndef TREERING_TESTS_MODEL_SHRINK_H_
#define TREERING_TESTS_MODEL_SHRINK_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace treering::testing {

// Takes out parts, large ones first, as long as `fails` says so of the rest.
template <typename T>
std::vector<T> Shrink(std::vector<T> all, const std::function<bool(const std::vector<T>&)>& fails) {
  for (size_t part = all.size() / 2; part > 0;) {
    bool took = false;
    for (size_t at = 0; at < all.size();) {
      std::vector<T> rest(all.begin(), all.begin() + static_cast<ptrdiff_t>(at));
      const size_t end = std::min(all.size(), at + part);
      rest.insert(rest.end(), all.begin() + static_cast<ptrdiff_t>(end), all.end());
      if (fails(rest)) {
        all = std::move(rest);
        took = true;
      } else {
        at += part;
      }
    }
    if (!took || part > 1) part = part == 1 ? (took ? 1 : 0) : part / 2;
  }
  return all;
}

}  // namespace treering::testing

#endif  // TREERING_TESTS_MODEL_SHRINK_H_
