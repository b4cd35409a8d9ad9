#include "bench/json_report.h"

namespace treering::bench {
namespace {

using Json = nlohmann::json;

Json OutcomeJson(const Outcome& outcome) {
  return {{"name", outcome.name},
          {"operations", outcome.operations},
          {"seconds", outcome.seconds},
          {"micros_per_op", MicrosPerOp(outcome)},
          {"ops_per_second", OpsPerSecond(outcome)},
          {"bytes", outcome.bytes},
          {"mb_per_second", MegabytesPerSecond(outcome)},
          {"message", outcome.message}};
}

Json HistogramJson(const base::Histogram& histogram) {
  Json json = {{"count", histogram.Count()},
               {"mean_us", histogram.Mean() / 1000},
               {"stddev_us", histogram.StdDev() / 1000},
               {"min_us", static_cast<double>(histogram.Min()) / 1000},
               {"max_us", static_cast<double>(histogram.Max()) / 1000}};
  constexpr std::pair<const char*, double> kPercentiles[] = {
      {"p50_us", 50}, {"p75_us", 75}, {"p99_us", 99}, {"p99_9_us", 99.9}, {"p99_99_us", 99.99}};
  for (const auto& [name, percent] : kPercentiles) {
    json[name] = histogram.Percentile(percent) / 1000;
  }
  return json;
}

}  // namespace

Status JsonReport::Open(const std::string& path) {
  path_ = path;
  file_.open(path);
  return file_ ? Status::Ok() : Status::IoError("--json=" + path + ": cannot be written");
}

void JsonReport::AddHeader(const std::string& name, const std::string& value) {
  root_["header"][name] = value;
}

void JsonReport::AddResult(const RunResult& result, const WorkPlan& plan,
                           const std::string& stats_json) {
  Json json = OutcomeJson(result.outcome);
  json["threads"] = plan.threads;
  json["key_size"] = plan.key_size;
  json["value_size"] = plan.value_size;
  json["batch_size"] = plan.batch_size;
  json["cpu_seconds"] = result.cost.cpu_seconds;
  if (result.cost.has_bytes) {
    json["device_bytes_read"] = result.cost.bytes_read;
    json["device_bytes_written"] = result.cost.bytes_written;
  }
  if (result.has_writer) json["writer"] = OutcomeJson(result.writer);
  for (size_t kind = 0; kind < kOpKindCount; ++kind) {
    if (result.histograms[kind] == nullptr) continue;
    json["histograms"][kOpKindWords[kind]] = HistogramJson(*result.histograms[kind]);
  }
  const Json stats = Json::parse(stats_json, nullptr, false);
  if (stats.is_object()) json["stats"] = stats;
  root_["results"].push_back(std::move(json));
}

Status JsonReport::Write() {
  if (path_.empty()) return Status::Ok();
  file_ << root_.dump(2, ' ', false, Json::error_handler_t::replace) << std::endl;
  file_.close();
  return file_ ? Status::Ok() : Status::IoError("--json=" + path_ + ": cannot be written");
}

}  // namespace treering::bench
