// MergingIterator: several sorted streams of internal keys as one.
//
// Owner: the caller; it owns its children.
// Threads: one at a time.
// Invariants:
//   1. Shows every entry of every child once, in order; equal internal keys (there should be none)
//      in the order of the children.
//   2. An error of any child stops it: not Valid, status() is the child's. A Seek starts anew.
//   3. Before a Seek or a turn, all children that will move get PrepareSeek first, so that their
//      reads overlap.
//   4. While one child keeps leading, a step costs one comparison.
#ifndef TREERING_ENGINE_KEY_MERGING_ITERATOR_H_
#define TREERING_ENGINE_KEY_MERGING_ITERATOR_H_

#include <memory>
#include <vector>

#include "engine/key/internal_iterator.h"
#include "engine/key/internal_key.h"

namespace treering::key {

// One child comes back as it is; none gives an empty stream. Newest child first, for invariant 1.
std::unique_ptr<InternalIterator> NewMergingIterator(
    KeyOrder order, std::vector<std::unique_ptr<InternalIterator>> children);

}  // namespace treering::key

#endif  // TREERING_ENGINE_KEY_MERGING_ITERATOR_H_
