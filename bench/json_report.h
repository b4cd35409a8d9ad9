// JsonReport: everything a run measured, as one JSON object, for --json.
//
// Owner: BenchSession.
// Threads: one.
// Invariants:
//   1. header: text by name. results: one object a benchmark, in order, with what its lines show
//      and the engine's statistics after it. error: why it ended early, there only if it did.
//   2. The file is made before anything is measured, so that a wrong path costs nothing.
#ifndef TREERING_BENCH_JSON_REPORT_H_
#define TREERING_BENCH_JSON_REPORT_H_

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "api/status.h"
#include "bench/runner.h"

namespace treering::bench {

class JsonReport {
 public:
  // Makes the file, empty. IoError when that cannot be.
  Status Open(const std::string& path);
  void AddHeader(const std::string& name, const std::string& value);
  // `stats_json` is the engine's.
  void AddResult(const RunResult& result, const WorkPlan& plan, const std::string& stats_json);
  void SetError(const std::string& text) { root_["error"] = text; }
  // All of it into the opened file; OK when none was opened.
  Status Write();
  const nlohmann::json& root() const { return root_; }

 private:
  nlohmann::json root_ = {{"header", nlohmann::json::object()},
                          {"results", nlohmann::json::array()}};
  std::string path_;  // empty: none was opened
  std::ofstream file_;
};

}  // namespace treering::bench

#endif  // TREERING_BENCH_JSON_REPORT_H_
