#include "engine/db/json_writer.h"

#include <gtest/gtest.h>

namespace treering::db {
namespace {

TEST(JsonWriter, NestsObjectsAndArrays) {
  JsonWriter json;
  json.BeginObject();
  json.Field("a", 1);
  json.Key("list");
  json.BeginArray();
  json.Number(2);
  json.BeginObject();
  json.Flag("b", true);
  json.EndObject();
  json.String("c");
  json.EndArray();
  json.Key("none");
  json.BeginObject();
  json.EndObject();
  json.Field("last", "d");
  json.EndObject();
  EXPECT_EQ(json.text(), R"({"a":1,"list":[2,{"b":true},"c"],"none":{},"last":"d"})");
}

TEST(JsonWriter, EscapesWhatJsonCannotHold) {
  JsonWriter json;
  json.String("a\"b\\c\n\x01");
  EXPECT_EQ(json.text(), R"("a\"b\\c\u000a\u0001")");
}

}  // namespace
}  // namespace treering::db
