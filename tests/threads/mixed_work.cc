#include "tests/threads/mixed_work.h"

#include <gtest/gtest.h>

#include <utility>

#include "engine/base/prng.h"
#include "engine/base/thread.h"

namespace treering::testing {

void MixedWork::Run(const std::function<void()>& meanwhile) {
  std::vector<base::Thread> threads(histories->writers() + 3);
  writers_left_ = histories->writers();
  size_t next = 0;
  const auto start = [&](const char* name, std::function<void()> body) {
    ASSERT_TRUE(base::Thread::Start(name, std::move(body), &threads[next++]).ok());
  };
  for (size_t writer = 0; writer < histories->writers(); ++writer) {
    start("writer", [this, writer] { Write(writer); });
  }
  start("reader", [this] { Read(1); });
  start("reader", [this] { Read(2); });
  start("maintainer", [this] { Maintain(); });
  meanwhile();
  for (base::Thread& thread : threads) thread.Join();
}

void MixedWork::Write(size_t writer) {
  base::Prng prng(seed * 1'000 + writer);
  for (int i = 0; i < batches_per_writer; ++i) {
    const auto durability = static_cast<Durability>(prng.Uniform(3));
    std::vector<Oracle::Change> changes;
    for (uint64_t n = prng.Uniform(3); n > 0; --n) {
      const std::string key = Histories::Prefix(writer) + "key" + std::to_string(prng.Uniform(9));
      const size_t bytes = prng.OneIn(12) ? 20'000 : prng.Uniform(900);
      changes.emplace_back(key, prng.OneIn(5)
                                    ? std::nullopt
                                    : std::optional(std::to_string(i) + std::string(bytes, 'v')));
    }
    const size_t index = histories->Begin(writer, &changes, durability);
    const Status status =
        db->Write(Oracle::ToBatch(changes), WriteOptions{.durability = durability});
    if (!alive()) break;
    if (!status.ok()) {
      EXPECT_TRUE(status.IsAborted()) << status.ToString();
      break;
    }
    histories->Acknowledge(writer, index);
    if (prng.OneIn(16)) {
      (void)db->Write(WriteBatch(), WriteOptions{.durability = Durability::kDisk});
    }
  }
  --writers_left_;
}

void MixedWork::Read(uint64_t salt) {
  base::Prng prng(seed * 1'000 + 500 + salt);
  while (writers_left_ > 0 && alive()) {
    const size_t writer = prng.Uniform(histories->writers());
    PinnedValue value;
    const Status status = db->Get(Histories::Prefix(writer) + "count", &value);
    if (status.ok() && alive()) histories->Seen(writer, value.ToString());
    if (!status.ok() && !status.IsNotFound()) {
      EXPECT_TRUE(status.IsAborted() || !alive()) << status.ToString();
      return;
    }
    base::SleepNanos(prng.Uniform(200'000));
  }
}

void MixedWork::Maintain() {
  base::Prng prng(seed * 1'000 + 700);
  while (writers_left_ > 0 && alive()) {
    const Status status = prng.OneIn(3)   ? db->CompactRange(nullptr, nullptr)
                          : prng.OneIn(5) ? db->WaitForCompaction()
                                          : db->Flush();
    if (!status.ok()) {
      EXPECT_TRUE(status.IsAborted() || !alive()) << status.ToString();
      return;
    }
    base::SleepNanos(prng.Uniform(2'000'000));
  }
}

}  // namespace treering::testing
