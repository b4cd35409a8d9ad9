#include "tools/kvctl/suggest.h"

#include <algorithm>

namespace treering::kvctl {
namespace {

// Edits to come from `a` to `b`: insert, delete, replace, swap two neighbours.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string Suggest(std::string_view word, const std::vector<std::string>& known) {
  constexpr size_t kWordBytesMax = 40;  // nobody mistypes more; and the table stays small
  if (word.empty() || word.size() > kWordBytesMax) return "";
  std::string best;
  size_t best_distance = 0;
  for (const std::string& candidate : known) {
    const bool is_start = word.size() >= 2 && candidate.starts_with(word);
    const size_t distance = is_start ? 1 : Distance(word, candidate);
    const size_t allowed = std::max<size_t>(1, std::min(word.size(), candidate.size()) / 3);
    if (distance > allowed || (!best.empty() && distance >= best_distance)) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace treering::kvctl
