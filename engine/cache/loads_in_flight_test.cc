#include "engine/cache/loads_in_flight.h"

#include <gtest/gtest.h>

#include "engine/base/budget_unlimited.h"
#include "engine/base/epoch.h"
#include "engine/io/buffer_arena.h"

namespace treering::cache {
namespace {

using Role = LoadsInFlight::Role;

class LoadsInFlightTest : public testing::Test {
 protected:
  io::BufferArena arena_{{.bytes_max = 8u << 20, .huge_pages = false, .announce = {}}};
  base::UnlimitedBudget budget_;
  base::EpochDomain epochs_;
  PageCache cache_{{.bytes_max = 4u << 20}, &arena_, &budget_, &epochs_};
  LoadsInFlight loads_;
  const BlockId id_{cache_.NewFileId(), 7};
  LoadsInFlight::Load owner_{.id = id_};
  LoadsInFlight::Load other_{.id = id_};
  LoadsInFlight::Waiter unused_;
  LoadsInFlight::Waiter waiters_[2];
};

TEST_F(LoadsInFlightTest, EachWhoJoinedGetsAPinOfItsOwn) {
  EXPECT_EQ(loads_.Enter(&cache_, &owner_, &unused_), Role::kOwner);
  for (auto& waiter : waiters_) EXPECT_EQ(loads_.Enter(&cache_, &other_, &waiter), Role::kJoined);
  {
    const Pin pin = cache_.Publish(cache_.Allocate(1), id_, Priority::kNormal, nullptr);
    loads_.Leave(&cache_, &owner_, pin.frame(), Status());
  }
  cache_.EvictFile(id_.file);
  for (auto& waiter : waiters_) {
    EXPECT_EQ(waiter.answered.Load(), 1u);
    EXPECT_TRUE(waiter.pin);
  }
}

TEST_F(LoadsInFlightTest, EachWhoJoinedGetsTheError) {
  EXPECT_EQ(loads_.Enter(&cache_, &owner_, &unused_), Role::kOwner);
  EXPECT_EQ(loads_.Enter(&cache_, &other_, &waiters_[0]), Role::kJoined);
  loads_.Leave(&cache_, &owner_, nullptr, Status::IoError("lost"));
  EXPECT_TRUE(waiters_[0].status.IsIoError());
  EXPECT_EQ(loads_.Enter(&cache_, &other_, &unused_), Role::kOwner) << "the next one reads anew";
  loads_.Leave(&cache_, &other_, nullptr, Status());
}

TEST_F(LoadsInFlightTest, WhatIsInTheCacheIsNotLoaded) {
  const Pin pin = cache_.Publish(cache_.Allocate(1), id_, Priority::kNormal, nullptr);
  EXPECT_EQ(loads_.Enter(&cache_, &other_, &waiters_[0]), Role::kFound);
  EXPECT_EQ(waiters_[0].pin.frame(), pin.frame());
}

TEST_F(LoadsInFlightTest, OtherBlocksAreLoadedBeside) {
  LoadsInFlight::Load beside{.id = {id_.file, id_.page + 1}};
  EXPECT_EQ(loads_.Enter(&cache_, &owner_, &unused_), Role::kOwner);
  EXPECT_EQ(loads_.Enter(&cache_, &beside, &unused_), Role::kOwner);
  loads_.Leave(&cache_, &beside, nullptr, Status());
  loads_.Leave(&cache_, &owner_, nullptr, Status());
}

}  // namespace
}  // namespace treering::cache
