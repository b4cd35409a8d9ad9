#include "bench/json_report.h"

#include <gtest/gtest.h>

namespace treering::bench {
namespace {

TEST(JsonReportTest, HoldsWhatWasMeasured) {
  JsonReport report;
  report.AddHeader("Driver", "uring");
  RunResult result;
  result.outcome.name = "readrandom";
  result.outcome.operations = 100;
  result.outcome.seconds = 0.5;
  result.outcome.thread_seconds = 1.0;
  result.outcome.bytes = 1 << 20;
  result.has_writer = true;
  result.writer.name = "writer";
  result.histograms[static_cast<size_t>(OpKind::kRead)] = std::make_unique<base::Histogram>();
  result.histograms[static_cast<size_t>(OpKind::kRead)]->Add(5000);
  WorkPlan plan;
  plan.threads = 2;
  report.AddResult(result, plan, R"({"state": "Healthy"})");

  const nlohmann::json& root = report.root();
  EXPECT_EQ(root["header"]["Driver"], "uring");
  const nlohmann::json& json = root["results"][0];
  EXPECT_EQ(json["name"], "readrandom");
  EXPECT_EQ(json["threads"], 2);
  EXPECT_DOUBLE_EQ(json["ops_per_second"].get<double>(), 200);
  EXPECT_DOUBLE_EQ(json["micros_per_op"].get<double>(), 10000);
  EXPECT_DOUBLE_EQ(json["mb_per_second"].get<double>(), 2);
  EXPECT_EQ(json["histograms"]["read"]["count"], 1);
  EXPECT_FALSE(json["histograms"].contains("write"));
  EXPECT_EQ(json["writer"]["name"], "writer");
  EXPECT_EQ(json["stats"]["state"], "Healthy");
  EXPECT_FALSE(json.contains("device_bytes_read"));
}

TEST(JsonReportTest, AFileThatCannotBeWrittenIsAnErrorAtOnce) {
  const Status status = JsonReport().Open("/nowhere/at/all.json");
  EXPECT_EQ(status.message(), "--json=/nowhere/at/all.json: cannot be written");
}

TEST(JsonReportTest, WithoutAFileThereIsNothingToWrite) { EXPECT_TRUE(JsonReport().Write().ok()); }

TEST(JsonReportTest, TheFileSaysWhyARunEndedEarly) {
  const std::string path = ::testing::TempDir() + "/report.json";
  JsonReport report;
  ASSERT_TRUE(report.Open(path).ok());
  EXPECT_FALSE(report.root().contains("error"));
  report.SetError("NoSpace: the disk is full");
  ASSERT_TRUE(report.Write().ok());
  std::ifstream file(path);
  const nlohmann::json read = nlohmann::json::parse(file);
  EXPECT_EQ(read["error"], "NoSpace: the disk is full");
  EXPECT_TRUE(read["results"].empty());
}

}  // namespace
}  // namespace treering::bench
