// JsonReport: everything a run measured, as one JSON object, for --json.
//
// Owner: BenchSession.
// Threads: one.
// Invariants:
//   1. header: text by name. results: one object a benchmark, in order, with what its lines show
//      and the engine's statistics after it.
#ifndef TREERING_BENCH_JSON_REPORT_H_
#define TREERING_BENCH_JSON_REPORT_H_

#include <string>

#include <nlohmann/json.hpp>

#include "api/status.h"
#include "bench/runner.h"

namespace treering::bench {

class JsonReport {
 public:
  void AddHeader(const std::string& name, const std::string& value);
  // `stats_json` is the engine's.
  void AddResult(const RunResult& result, const WorkPlan& plan, const std::string& stats_json);
  Status WriteTo(const std::string& path) const;
  const nlohmann::json& root() const { return root_; }

 private:
  nlohmann::json root_ = {{"header", nlohmann::json::object()},
                          {"results", nlohmann::json::array()}};
};

}  // namespace treering::bench

#endif  // TREERING_BENCH_JSON_REPORT_H_
