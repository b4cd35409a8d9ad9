// SimRequests: data requests on the simulated storage, from submission to completion.
//
// Owner: the SimWorld.
// Threads: as SimStorage: under a SimGuard.
// Invariants:
//   1. A request begins, lands at most once, and finishes exactly once.
//   2. Its bytes are the same when it begins and when it finishes, else the process ends.
//   3. A sync covers what had completed when it began.
#ifndef TREERING_ENGINE_IO_SIM_REQUESTS_H_
#define TREERING_ENGINE_IO_SIM_REQUESTS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/request.h"
#include "engine/io/sim_core.h"
#include "engine/io/sim_node.h"

namespace treering::io {

// What an open file or mapping is, apart from its interface.
struct SimHandle {
  std::shared_ptr<SimNode> node = {};
  std::string path = {};
  uint64_t generation = 0;
  uint64_t descriptor = 0;
  bool direct = false;
};

// One attempt in flight.
struct SimFlight {
  std::shared_ptr<const SimHandle> handle;
  Op op = Op::kRead;
  uint64_t offset = 0;
  std::byte* data = nullptr;
  uint64_t length = 0;

  // SimRequests' own.
  uint64_t number = 0;
  uint64_t buffer_length = 0;  // as asked for; a fault may make `length` less
  uint64_t bytes_hash = 0;     // of a write, at the beginning
  uint64_t sync_mark = 0;      // the last completion that a sync covers
  uint64_t flipped_bit = 0;    // for SimFaultEffect::kFlipBit
  std::optional<SimFault> fault;
  std::vector<std::byte> read_bytes;  // taken at landing
  uint64_t sequence = 0;              // of the volatile operation it became; 0: none
  int error = 0;
  bool landed = false;
};

// A request of a dead process that has not landed.
struct SimLateOp {
  std::shared_ptr<SimNode> node = {};
  SimDataOp op = {};
  bool locked = false;        // its descriptor held the file's lock
  uint64_t delay_nanos = 0;   // from the restart
  uint64_t ordinary_due = 0;  // when, in ordinary threads' time
  uint64_t number = 0;
};

class SimRequests {
 public:
  explicit SimRequests(SimCore* core) : core_(core) {}

  void Begin(const std::shared_ptr<SimFlight>& flight);
  // At some moment between Begin and Finish; left out, Finish does it.
  void Land(SimFlight* flight);
  // The result as AttemptSink wants it. A read's bytes are in its buffer now.
  int64_t Finish(const std::shared_ptr<SimFlight>& flight);

  bool idle() const { return in_flight_.empty(); }
  // At a crash: what is in flight and has not landed, with its bytes; completions do not matter any
  // more.
  void Abandon();
  // What Abandon kept; the caller decides on it.
  std::vector<SimLateOp> TakeAbandoned();
  const std::vector<SimLateOp>& abandoned() const { return abandoned_; }
  // For copies.
  void Adopt(std::vector<SimLateOp> abandoned, std::vector<SimLateOp> late);

  // --- What a dead process left in flight ---
  void LandLate(SimLateOp late);  // at once
  void AddLate(SimLateOp late);   // after its delay; it keeps the file's lock until then
  const std::vector<SimLateOp>& late() const { return late_; }
  void LandDue();                        // on ordinary threads
  void LandLateNumber(uint64_t number);  // from a timer; nothing when it has landed
  void ForgetLate();                     // power is lost

 private:
  SimDataOp OpOf(const SimFlight& flight) const;
  bool Changes(const SimFlight& flight) const;
  void LandChange(SimFlight* flight);
  void Complete(SimFlight* flight);
  void FinishSync(SimFlight* flight);
  void TraceResult(const SimFlight& flight, int64_t result);

  SimCore* const core_;
  uint64_t number_ = 0;
  std::map<uint64_t, std::shared_ptr<SimFlight>> in_flight_;
  std::vector<SimLateOp> abandoned_;
  std::vector<SimLateOp> late_;
};

// Applies an operation to a file as its newest, mappings included.
void LandOn(SimCore* core, SimNode* node, SimDataOp op);

// The last component of a path.
std::string_view SimBaseName(std::string_view path);

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_REQUESTS_H_
