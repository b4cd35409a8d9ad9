#include "engine/io/fallbacks.h"

#include <gtest/gtest.h>

namespace treering::io {
namespace {

TEST(FallbacksTest, TheFirstReasonIsKeptAndSaidOnce) {
  int changes = 0;
  Fallbacks* self = nullptr;
  Fallbacks fallbacks([&] {
    ++changes;
    EXPECT_FALSE(self->Reason(FastPath::kDirectIo).empty());  // may be asked from inside
  });
  self = &fallbacks;
  EXPECT_EQ(fallbacks.Reason(FastPath::kDirectIo), "");
  fallbacks.Note(FastPath::kDirectIo, "first");
  fallbacks.Note(FastPath::kDirectIo, "second");
  EXPECT_EQ(fallbacks.Reason(FastPath::kDirectIo), "first");
  EXPECT_EQ(fallbacks.Reason(FastPath::kRing), "");
  EXPECT_EQ(changes, 1);
  fallbacks.Note(FastPath::kRing, "another");
  EXPECT_EQ(changes, 2);
}

}  // namespace
}  // namespace treering::io
