// ReadBurst: lets the streams of one merge ask for their next extents together, so that the device
// gets many large reads at a time and not one whenever a buffer comes free.
//
// Owner: the merge; outlives its streams.
// Threads: one, the streams' own.
// Invariants:
//   1. Nobody is asked to read more than its depth allows.
//   2. A stream that is down to its last extent does not wait for the others.
#ifndef TREERING_ENGINE_TABLE_READ_BURST_H_
#define TREERING_ENGINE_TABLE_READ_BURST_H_

#include <cstddef>
#include <vector>

namespace treering::table {

class ReadStream;

class ReadBurst {
 public:
  void Join(ReadStream* stream);
  void Leave(ReadStream* stream);

  // Enough for the device's queue: completions then see half as many in flight on average.
  static constexpr size_t kReads = 10;

  // Whether all streams together have room for so many.
  bool IsDue() const;
  // Every stream submits what it has room for; nothing is sent off yet.
  void SubmitAll();

 private:
  std::vector<ReadStream*> streams_;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_READ_BURST_H_
