#include "engine/db/super_version.h"

#include <gtest/gtest.h>

#include <optional>

namespace treering::db {
namespace {

using Guard = base::EpochDomain::Guard;

TEST(SuperVersionHolder, GivesTheOneInstalledLast) {
  base::EpochDomain epochs;
  SuperVersionHolder holder(&epochs);
  EXPECT_EQ(holder.Hold(), nullptr);
  const auto first = std::make_shared<const SuperVersion>();
  holder.Install(first);
  EXPECT_EQ(holder.Hold(), first);
  const auto second = std::make_shared<const SuperVersion>();
  holder.Install(second);
  EXPECT_EQ(holder.Hold(), second);
  const Guard guard(&epochs);
  EXPECT_EQ(holder.Current(), second.get());
}

TEST(SuperVersionHolder, WhatIsReplacedLivesAsLongAsItsReaders) {
  base::EpochDomain epochs;
  SuperVersionHolder holder(&epochs);
  auto made = std::make_shared<const SuperVersion>();
  const std::weak_ptr<const SuperVersion> watched = made;
  holder.Install(std::move(made));
  std::optional<Guard> guard(std::in_place, &epochs);
  const SuperVersion* const seen = holder.Current();
  holder.Install(std::make_shared<const SuperVersion>());
  epochs.Collect();
  EXPECT_EQ(watched.lock().get(), seen);  // the guard is not over

  std::shared_ptr<const SuperVersion> held = seen->shared_from_this();
  guard.reset();
  epochs.Collect();
  EXPECT_FALSE(watched.expired());  // it is held
  held.reset();
  EXPECT_TRUE(watched.expired());
}

TEST(SuperVersionHolder, EndsWithoutItsLastOne) {
  base::EpochDomain epochs;
  std::weak_ptr<const SuperVersion> watched;
  {
    SuperVersionHolder holder(&epochs);
    auto made = std::make_shared<const SuperVersion>();
    watched = made;
    holder.Install(std::move(made));
  }
  epochs.Collect();
  EXPECT_TRUE(watched.expired());
}

}  // namespace
}  // namespace treering::db
