#include "engine/runtime/log_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_testing.h"

namespace treering::runtime {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;

class Client final : public LogClient {
 public:
  void OnLogThread(io::Queue* queue) override {
    const int now = ++calls;
    if (on_call) on_call(queue, now);
  }
  void OnLogIo(io::Queue* queue, io::Request* request) override {
    on_io(queue, request);
    ++ios;
  }
  void AwaitCalls(int count) const {
    while (calls.load() < count) base::SleepNanos(kMillisecond / 10);
  }

  std::function<void(io::Queue*, int call)> on_call;
  std::function<void(io::Queue*, io::Request*)> on_io;
  std::atomic<int> calls{0};
  std::atomic<int> ios{0};
};

struct World {
  World() { log = std::move(LogThread::Start(&disk, base::SystemClock(), &totals)).value(); }
  io::SimStorage storage;
  io::SimDisk disk{&storage};
  IoTotals totals;
  std::unique_ptr<LogThread> log;
};

TEST(LogThreadTest, AKickBringsACallAndKicksMerge) {
  io::RunSim(1, [] {
    World world;
    Client client;
    client.on_call = [](io::Queue*, int) { base::SleepNanos(kMillisecond); };
    world.log->Register(&client);
    world.log->Kick(&client);
    client.AwaitCalls(1);
    // While the first call runs: these are answered by one more.
    for (int i = 0; i < 5; ++i) world.log->Kick(&client);
    client.AwaitCalls(2);
    base::SleepNanos(5 * kMillisecond);
    EXPECT_EQ(client.calls.load(), 2);
    world.log->Unregister(&client);
  });
}

TEST(LogThreadTest, ATimerFiresOnceAndTheEarliestHolds) {
  io::RunSim(2, [] {
    World world;
    base::Clock* const clock = base::SystemClock();
    Client client;
    uint64_t called_at = 0;
    client.on_call = [&](io::Queue*, int) { called_at = clock->NowNanos(); };
    world.log->Register(&client);
    const uint64_t start = clock->NowNanos();
    world.log->CallAt(&client, start + 30 * kMillisecond);
    world.log->CallAt(&client, start + 10 * kMillisecond);
    world.log->CallAt(&client, start + 20 * kMillisecond);
    base::SleepNanos(100 * kMillisecond);
    EXPECT_EQ(client.calls.load(), 1);
    EXPECT_GE(called_at, start + 10 * kMillisecond);
    EXPECT_LT(called_at, start + 11 * kMillisecond);
    world.log->Unregister(&client);
  });
}

TEST(LogThreadTest, ClientsTakeTurns) {
  io::RunSim(3, [] {
    World world;
    std::string order;
    Client a;
    Client b;
    const auto again = [&](Client* client, char name) {
      return [&world, &order, client, name](io::Queue*, int call) {
        order += name;
        base::SleepNanos(kMillisecond);
        if (call < 4) world.log->Kick(client);
      };
    };
    a.on_call = again(&a, 'a');
    b.on_call = again(&b, 'b');
    world.log->Register(&a);
    world.log->Register(&b);
    world.log->Kick(&a);
    a.AwaitCalls(1);
    world.log->Kick(&b);
    a.AwaitCalls(4);
    b.AwaitCalls(4);
    world.log->Unregister(&a);
    world.log->Unregister(&b);
    EXPECT_EQ(order, "abababab");
  });
}

TEST(LogThreadTest, UnregisterWaitsForTheCallAndEndsThem) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    io::RunSim(seed, [] {
      World world;
      auto client = std::make_unique<Client>();
      bool inside = false;
      client->on_call = [&](io::Queue*, int) {
        inside = true;
        base::SleepNanos(kMillisecond);
        inside = false;
      };
      world.log->Register(client.get());
      world.log->Kick(client.get());
      client->AwaitCalls(1);
      world.log->Kick(client.get());
      world.log->CallAt(client.get(), base::SystemClock()->NowNanos() + kMillisecond);
      world.log->Unregister(client.get());
      EXPECT_FALSE(inside);
      client.reset();
      base::SleepNanos(10 * kMillisecond);
    });
  }
}

// Two clients write at once on the one thread: neither waits for the other's request.
TEST(LogThreadTest, RequestsOfSeveralClientsAreInFlightTogether) {
  io::RunSim(5, [] {
    World world;
    auto directory = std::move(world.disk.OpenDirectory("/db", true)).value();
    alignas(4096) static std::byte page[4096] = {std::byte{'x'}};
    size_t in_flight_max = 0;
    struct Writer {
      Client client;
      std::unique_ptr<io::File> file;
      io::Request request;
    };
    std::vector<std::unique_ptr<Writer>> writers;
    for (int i = 0; i < 3; ++i) {
      writers.push_back(std::make_unique<Writer>());
      Writer* const writer = writers.back().get();
      writer->file =
          std::move(directory->Open("f" + std::to_string(i), {.mode = io::OpenMode::kCreate}))
              .value();
      writer->client.on_call = [&, writer](io::Queue* queue, int) {
        writer->request = io::Request::Write(writer->file.get(), 0, page);
        writer->request.owner = static_cast<LogClient*>(&writer->client);
        queue->Submit(&writer->request);
        in_flight_max = std::max(in_flight_max, queue->in_flight());
      };
      writer->client.on_io = [writer](io::Queue*, io::Request* request) {
        EXPECT_EQ(request, &writer->request);
        EXPECT_TRUE(request->ToStatus().ok());
      };
      world.log->Register(&writer->client);
    }
    for (auto& writer : writers) world.log->Kick(&writer->client);
    for (auto& writer : writers) {
      while (writer->client.ios.load() < 1) base::SleepNanos(kMillisecond / 10);
      world.log->Unregister(&writer->client);
    }
    EXPECT_EQ(in_flight_max, 3u);
    EXPECT_EQ(world.storage.ReadFile("/db/f2")[0], 'x');
    EXPECT_EQ(world.totals.Read().requests, 3u);
  });
}

TEST(LogThreadTest, RealThreadsKickAndUnregister) {
  World world;
  std::vector<base::Thread> threads(3);
  for (size_t t = 0; t < threads.size(); ++t) {
    ASSERT_TRUE(base::Thread::Start(
                    "kicker" + std::to_string(t),
                    [&world] {
                      for (int round = 0; round < 50; ++round) {
                        Client client;
                        int plain = 0;
                        client.on_call = [&plain](io::Queue*, int) { ++plain; };
                        world.log->Register(&client);
                        world.log->Kick(&client);
                        world.log->CallAt(&client, base::SystemClock()->NowNanos() + 1000);
                        while (client.calls.load() == 0) base::SpinPause();
                        world.log->Unregister(&client);
                        ASSERT_GE(plain, 1);
                      }
                    },
                    &threads[t])
                    .ok());
  }
  for (auto& thread : threads) thread.Join();
}

}  // namespace
}  // namespace treering::runtime
