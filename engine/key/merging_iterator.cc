#include "engine/key/merging_iterator.h"

#include <cstdint>
#include <utility>

#include "engine/base/check.h"
#include "engine/key/loser_tree.h"

namespace treering::key {
namespace {

class EmptyIterator final : public InternalIterator {
 public:
  bool Valid() const override { return false; }
  void SeekToFirst() override {}
  void SeekToLast() override {}
  void Seek(const Slice&) override {}
  void SeekForPrev(const Slice&) override {}
  void Next() override {}
  void Prev() override {}
  Slice key() const override { return Slice(); }
  Slice value() const override { return Slice(); }
  Status status() const override { return Status::Ok(); }
};

class MergingIterator final : public InternalIterator {
 public:
  MergingIterator(KeyOrder order, std::vector<std::unique_ptr<InternalIterator>> children)
      : order_(order),
        children_(MakeChildren(std::move(children))),
        tree_(static_cast<uint32_t>(children_.size()), Before{this}) {}

  bool Valid() const override { return valid_; }

  void SeekToFirst() override {
    forward_ = true;
    for (Child& child : children_) child.stream->SeekToFirst();
    Restart();
  }

  void SeekToLast() override {
    forward_ = false;
    for (Child& child : children_) child.stream->SeekToLast();
    Restart();
  }

  void Seek(const Slice& target) override {
    forward_ = true;
    PrepareSeek(target);
    for (Child& child : children_) child.stream->Seek(target);
    Restart();
  }

  void SeekForPrev(const Slice& target) override {
    forward_ = false;
    PrepareSeek(target);
    for (Child& child : children_) child.stream->SeekForPrev(target);
    Restart();
  }

  void PrepareSeek(const Slice& target) override {
    for (Child& child : children_) child.stream->PrepareSeek(target);
  }

  void Next() override {
    TREERING_DCHECK(valid_);
    if (!forward_) {
      Turn();
      return;
    }
    winner().stream->Next();
    Settle();
  }

  void Prev() override {
    TREERING_DCHECK(valid_);
    if (forward_) {
      Turn();
      return;
    }
    winner().stream->Prev();
    Settle();
  }

  Slice key() const override { return winner().key; }
  Slice value() const override { return winner().stream->value(); }
  Status status() const override { return status_; }

 private:
  struct Child {
    std::unique_ptr<InternalIterator> stream;
    bool valid = false;
    // Of the present entry, so that matches need no virtual call. The rank orders as the entry does
    // in the present direction: smaller is first; a stream that ended has the largest.
    uint64_t rank = UINT64_MAX;
    Slice key;
  };

  // The order of the players of the loser tree.
  struct Before {
    const MergingIterator* merge;
    bool operator()(uint32_t a, uint32_t b) const {
      const Child& x = merge->children_[a];
      const Child& y = merge->children_[b];
      if (x.rank != y.rank) [[likely]]
        return x.rank < y.rank;
      return merge->IsBeforeAtEqualRank(a, b);
    }
  };

  static std::vector<Child> MakeChildren(std::vector<std::unique_ptr<InternalIterator>> streams) {
    std::vector<Child> children(streams.size());
    for (size_t i = 0; i < streams.size(); ++i) children[i].stream = std::move(streams[i]);
    return children;
  }

  const Child& winner() const { return children_[tree_.winner()]; }
  Child& winner() { return children_[tree_.winner()]; }

  bool IsBeforeAtEqualRank(uint32_t a, uint32_t b) const {
    const Child& x = children_[a];
    const Child& y = children_[b];
    if (x.valid != y.valid) return x.valid;
    int r = x.valid ? order_.CompareOfEqualHeads(x.key, y.key) : 0;
    if (r == 0) r = a < b ? -1 : 1;
    return forward_ ? r < 0 : r > 0;
  }

  // Reads where the child stands now. False when it stopped at an error.
  bool Load(Child* child) {
    child->valid = child->stream->Valid();
    if (child->valid) [[likely]] {
      child->key = child->stream->key();
      const uint64_t head = order_.Head(UserKey(child->key));
      child->rank = forward_ ? head : ~head;
      return true;
    }
    child->rank = UINT64_MAX;
    status_ = child->stream->status();
    return status_.ok();
  }

  // After the winner moved.
  void Settle() {
    if (!Load(&winner())) {
      valid_ = false;
      return;
    }
    tree_.WinnerChanged();
    valid_ = winner().valid;
  }

  // After all moved.
  void Restart() {
    status_ = Status::Ok();
    valid_ = false;
    for (Child& child : children_) {
      if (!Load(&child)) return;
    }
    tree_.Rebuild();
    valid_ = winner().valid;
  }

  // Changes the direction and makes the first step in the new one: all others stand on the far side
  // of the present entry and have to be brought to this side; the present child just steps.
  void Turn() {
    const uint32_t present = tree_.winner();
    const Slice at = children_[present].key;  // stays good: its stream moves last
    for (uint32_t i = 0; i < children_.size(); ++i) {
      if (i != present) children_[i].stream->PrepareSeek(at);
    }
    forward_ = !forward_;
    for (uint32_t i = 0; i < children_.size(); ++i) {
      if (i != present) Bring(children_[i].stream.get(), at, i < present);
    }
    InternalIterator* const stream = children_[present].stream.get();
    forward_ ? stream->Next() : stream->Prev();
    Restart();
  }

  // To the first entry beyond `at` in the present direction. An entry equal to `at` is beyond it
  // only if the order of the children says so.
  void Bring(InternalIterator* stream, const Slice& at, bool child_is_before) const {
    if (forward_) {
      stream->Seek(at);
      if (child_is_before && stream->Valid() && order_.Compare(stream->key(), at) == 0) {
        stream->Next();
      }
    } else {
      stream->SeekForPrev(at);
      if (!child_is_before && stream->Valid() && order_.Compare(stream->key(), at) == 0) {
        stream->Prev();
      }
    }
  }

  const KeyOrder order_;
  std::vector<Child> children_;
  LoserTree<Before> tree_;
  bool forward_ = true;
  bool valid_ = false;
  Status status_;
};

}  // namespace

std::unique_ptr<InternalIterator> NewMergingIterator(
    KeyOrder order, std::vector<std::unique_ptr<InternalIterator>> children) {
  if (children.empty()) return std::make_unique<EmptyIterator>();
  if (children.size() == 1) return std::move(children.front());
  return std::make_unique<MergingIterator>(order, std::move(children));
}

}  // namespace treering::key
