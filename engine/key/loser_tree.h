// LoserTree: the smallest of n players, found again with few comparisons after the smallest
// changed.
//
// Owner: the merge that runs it.
// Threads: one at a time.
// Invariants:
//   1. `before(a, b)` is a strict total order of the player indices at every moment a method is
//      called; a player that has nothing left sorts behind all others.
//   2. Between calls only the winner's place in the order may change (WinnerChanged), or any
//      (Rebuild).
//   3. While one player keeps winning, WinnerChanged makes a single comparison, with the runner-up.
// Source: D. Knuth, "The Art of Computer Programming", vol. 3, 5.4.1.
#ifndef TREERING_ENGINE_KEY_LOSER_TREE_H_
#define TREERING_ENGINE_KEY_LOSER_TREE_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/base/check.h"

namespace treering::key {

// Before: bool operator()(uint32_t a, uint32_t b).
template <typename Before>
class LoserTree {
 public:
  // `players` > 0. Call Rebuild before the first winner().
  LoserTree(uint32_t players, Before before)
      : players_(players),
        before_(std::move(before)),
        nodes_(players),
        winners_(size_t{2} * players) {
    TREERING_CHECK(players > 0);
  }

  uint32_t winner() const { return winner_; }

  // Plays every match. Leaf i is node players_ + i; node k plays the winners of 2k and 2k + 1.
  void Rebuild() {
    for (uint32_t i = 0; i < players_; ++i) winners_[players_ + i] = i;
    for (size_t k = players_ - 1; k > 0; --k) {
      uint32_t a = winners_[2 * k];
      uint32_t b = winners_[2 * k + 1];
      if (before_(b, a)) std::swap(a, b);
      winners_[k] = a;
      nodes_[k] = b;
    }
    winner_ = players_ == 1 ? 0 : winners_[1];
    runner_up_known_ = false;
  }

  // The winner's place in the order has changed.
  void WinnerChanged() {
    if (players_ == 1) return;
    if (runner_up_known_ && before_(winner_, runner_up_)) return;
    const uint32_t last = winner_;
    for (uint32_t k = (players_ + last) / 2; k > 0; k /= 2) {
      if (before_(nodes_[k], winner_)) std::swap(nodes_[k], winner_);
    }
    // Who wins twice is likely to win again; only then is the runner-up worth its comparisons.
    runner_up_known_ = winner_ == last;
    if (runner_up_known_) FindRunnerUp();
  }

 private:
  // The best of those that lost to the winner itself.
  void FindRunnerUp() {
    uint32_t k = (players_ + winner_) / 2;
    runner_up_ = nodes_[k];
    for (k /= 2; k > 0; k /= 2) {
      if (before_(nodes_[k], runner_up_)) runner_up_ = nodes_[k];
    }
  }

  const uint32_t players_;
  Before before_;
  uint32_t winner_ = 0;
  uint32_t runner_up_ = 0;
  bool runner_up_known_ = false;
  std::vector<uint32_t> nodes_;    // the loser of each match, from index 1
  std::vector<uint32_t> winners_;  // used by Rebuild
};

}  // namespace treering::key

#endif  // TREERING_ENGINE_KEY_LOSER_TREE_H_
