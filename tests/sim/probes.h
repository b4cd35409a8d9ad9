// Probes: how often each thing that a simulation is to reach was reached.
//
// Owner: the run; all its seeds count in one.
// Threads: those of one simulation at a time.
// Invariants:
//   1. What was expected and never hit is named by Missing().
#ifndef TREERING_TESTS_SIM_PROBES_H_
#define TREERING_TESTS_SIM_PROBES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace treering::testing {

class Probes {
 public:
  void Expect(const std::string& name) { hits_.try_emplace(name, 0); }
  void Hit(const std::string& name, uint64_t times = 1) { hits_[name] += times; }

  const std::map<std::string, uint64_t>& all() const { return hits_; }
  std::vector<std::string> Missing() const {
    std::vector<std::string> missing;
    for (const auto& [name, hits] : hits_) {
      if (hits == 0) missing.push_back(name);
    }
    return missing;
  }

 private:
  std::map<std::string, uint64_t> hits_;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_SIM_PROBES_H_
