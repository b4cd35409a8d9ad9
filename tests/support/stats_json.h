// StatsJson: numbers out of a database's "treering.stats.json", for tests.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. A number that is not there fails the test and counts as 0.
#ifndef TREERING_TESTS_SUPPORT_STATS_JSON_H_
#define TREERING_TESTS_SUPPORT_STATS_JSON_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "api/db.h"

namespace treering::testing {

class StatsJson {
 public:
  explicit StatsJson(DB* db) {
    std::string text;
    EXPECT_TRUE(db->GetProperty("treering.stats.json", &text));
    json_ = nlohmann::json::parse(text, nullptr, false);
  }
  // Such as ("io", "reads").
  uint64_t Number(const char* part, const char* name) const {
    const auto found = json_.find(part);
    if (found == json_.end() || !found->contains(name)) {
      ADD_FAILURE() << "no " << part << "." << name << " in " << json_.dump();
      return 0;
    }
    return found->value(name, uint64_t{0});
  }
  bool Flag(const char* part, const char* name) const {
    const auto found = json_.find(part);
    return found != json_.end() && found->value(name, false);
  }

 private:
  nlohmann::json json_;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_SUPPORT_STATS_JSON_H_
