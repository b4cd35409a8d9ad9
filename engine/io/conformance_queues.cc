// Stories about queues: many requests, order, waiting and waking.
#include <algorithm>
#include <atomic>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/io/conformance.h"

namespace treering::io {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;

// Writes page i full of 'a' + i % 26, all submitted at once, and waits for all.
void WritePages(Story& s, File* f, uint64_t count) {
  std::vector<Request> requests;
  for (uint64_t i = 0; i < count; ++i) {
    const char fill = static_cast<char>('a' + i % 26);
    requests.push_back(Request::Write(f, i * 4096, s.Memory(4096, fill)));
  }
  for (Request& request : requests) s.queue()->Submit(&request);
  s.Say("in flight " + std::to_string(s.queue()->in_flight()));
  uint64_t good = 0;
  for (const Request* request : s.Collect(count)) good += request->transferred == 4096;
  s.Say("written " + std::to_string(good) + ", in flight " +
        std::to_string(s.queue()->in_flight()));
}

// Reads them back, all at once, and counts those that hold what they should.
void CheckPages(Story& s, File* f, uint64_t count) {
  std::vector<Request> requests;
  for (uint64_t i = 0; i < count; ++i) {
    requests.push_back(Request::Read(f, i * 4096, s.Memory(4096)));
    requests.back().tag = i;
  }
  for (Request& request : requests) s.queue()->Submit(&request);
  uint64_t good = 0;
  for (const Request* request : s.Collect(count)) {
    const std::string expected =
        std::string(1, static_cast<char>('a' + request->tag % 26)) + "4096";
    good += Story::Runs({request->data, request->transferred}) == expected;
  }
  s.Say("right " + std::to_string(good));
}

std::string WaitFor(Story& s, size_t room, size_t min_count, uint64_t timeout_nanos) {
  std::vector<Request*> out(room);
  const uint64_t start = base::SystemClock()->NowNanos();
  const size_t count = s.queue()->Wait(out, min_count, timeout_nanos);
  const bool timed_out =
      timeout_nanos != kNoTimeout && base::SystemClock()->NowNanos() - start >= timeout_nanos;
  return std::to_string(count) + (timed_out ? " after the time" : "");
}

// Starts a thread that wakes the queue a little later.
base::Thread WakeLater(Queue* queue, int times = 1) {
  base::Thread thread;
  const Status started = base::Thread::Start(
      "waker",
      [queue, times] {
        for (int i = 0; i < times; ++i) {
          base::SleepNanos(kMillisecond);
          queue->Wake();
        }
      },
      &thread);
  EXPECT_TRUE(started.ok());
  return thread;
}

constexpr StoryCase kQueueStories[] = {
    {"SixtyFourInFlight",
     [](Story& s) {
       s.UseQueue(64);
       File* f = s.Create("f");
       s.Allocate(f, 64 * 4096);
       WritePages(s, f, 64);
       CheckPages(s, f, 64);
     },
     R"(
create f: OK
allocate 262144: OK
in flight 64
written 64, in flight 0
right 64
)"},
    {"MoreThanDepthWaitInside",
     [](Story& s) {
       s.UseQueue(4);
       File* f = s.Create("f");
       s.Allocate(f, 200 * 4096);
       WritePages(s, f, 200);
       CheckPages(s, f, 200);
     },
     R"(
create f: OK
allocate 819200: OK
in flight 200
written 200, in flight 0
right 200
)"},
    {"DepthOfOne",
     [](Story& s) {
       s.UseQueue(1);
       File* f = s.Create("f");
       WritePages(s, f, 20);
       CheckPages(s, f, 20);
     },
     R"(
create f: OK
in flight 20
written 20, in flight 0
right 20
)"},
    {"PollWithoutCompletionsIsEmpty",
     [](Story& s) {
       Request* out[4];
       s.Say("polled " + std::to_string(s.queue()->Poll(out)));
     },
     R"(
polled 0
)"},
    {"PollGetsThereInTime",
     [](Story& s) {
       File* f = s.Create("f");
       Request write = Request::Write(f, 0, s.Memory(4096, 'a'));
       s.queue()->Submit(&write);
       Request* out[4] = {};
       size_t count = 0;
       while (count == 0) {
         count = s.queue()->Poll(out);
         base::SleepNanos(kMillisecond / 10);
       }
       s.Say("polled " + std::to_string(count) + (out[0] == &write ? ", the same" : ""));
       s.Read(f, 0, 4096);
     },
     R"(
create f: OK
polled 1, the same
read 0+4096: 4096 a4096
)"},
    {"RunWaitsForItsOwnOnly",
     [](Story& s) {
       File* f = s.Create("f");
       s.Allocate(f, 32768);
       std::vector<Request> requests;
       for (uint64_t i = 0; i < 6; ++i) {
         requests.push_back(Request::Write(f, i * 4096, s.Memory(4096, 'a')));
       }
       for (Request& request : requests) s.queue()->Submit(&request);
       s.Write(f, 28672, 4096, 'b');
       s.Say("in flight " + std::to_string(s.queue()->in_flight()));
       s.Say("collected " + std::to_string(s.Collect(6).size()));
     },
     R"(
create f: OK
allocate 32768: OK
write 28672+4096: 4096
in flight 6
collected 6
)"},
    {"BadRequestsComeBackAmongGoodOnes",
     [](Story& s) {
       File* f = s.Create("f");
       s.Write(f, 0, 8192, 'a');
       std::vector<Request> requests = {Request::Read(f, 0, s.Memory(4096)),
                                        Request::Read(f, 3, s.Memory(4096)),
                                        Request::Read(f, 4096, s.Memory(4096))};
       for (Request& request : requests) s.queue()->Submit(&request);
       (void)s.Collect(3);
       for (const Request& request : requests) s.Say(Story::Outcome(request));
     },
     R"(
create f: OK
write 0+8192: 8192
4096 a4096
EINVAL
4096 a4096
)"},
    {"OneQueueServesManyFiles",
     [](Story& s) {
       std::vector<Request> requests;
       std::vector<File*> files;
       for (char name = 'a'; name < 'i'; ++name) {
         files.push_back(s.Create(std::string(1, name)));
         requests.push_back(Request::Write(files.back(), 0, s.Memory(4096, name)));
       }
       for (Request& request : requests) s.queue()->Submit(&request);
       (void)s.Collect(8);
       s.Read(files[0], 0, 4096);
       s.Read(files[7], 0, 4096);
     },
     R"(
create a: OK
create b: OK
create c: OK
create d: OK
create e: OK
create f: OK
create g: OK
create h: OK
read 0+4096: 4096 a4096
read 0+4096: 4096 h4096
)"},
    {"AQueueThatEndsWaitsForItsRequests",
     [](Story& s) {
       File* f = s.Create("f");
       s.Allocate(f, 20 * 4096);
       std::vector<Request> requests;
       for (uint64_t i = 0; i < 20; ++i) {
         const char fill = static_cast<char>('a' + i % 26);
         requests.push_back(Request::Write(f, i * 4096, s.Memory(4096, fill)));
       }
       for (Request& request : requests) s.queue()->Submit(&request);
       s.UseQueue(8);  // the one before ends here
       s.Say("in flight " + std::to_string(f->in_flight()));
       CheckPages(s, f, 20);
     },
     R"(
create f: OK
allocate 81920: OK
in flight 0
right 20
)"},
    {"ASyncAmongOtherRequests",
     [](Story& s) {
       File* f = s.Create("f");
       s.Allocate(f, 16384);
       s.Write(f, 0, 4096, 'a');
       Request sync = Request::Sync(f, f->Completed());
       Request read = Request::Read(f, 0, s.Memory(4096));
       Request write = Request::Write(f, 8192, s.Memory(4096, 'b'));
       for (Request* request : {&read, &sync, &write}) s.queue()->Submit(request);
       (void)s.Collect(3);
       for (const Request* request : {&read, &sync, &write}) s.Say(Story::Outcome(*request));
     },
     R"(
create f: OK
allocate 16384: OK
write 0+4096: 4096
4096 a4096
OK
4096
)"},
    {"DepthHasBounds",
     [](Story& s) {
       s.Say("0", s.disk()->NewQueue(0).status());
       s.Say("4096", s.disk()->NewQueue(4096).status());
       s.Say("4097", s.disk()->NewQueue(4097).status());
     },
     R"(
0: InvalidArgument
4096: OK
4097: InvalidArgument
)"},
    {"AMovableQueuePassesFromThreadToThread",
     [](Story& s) {
       File* f = s.Create("f");
       auto made = s.disk()->NewMovableQueue(4);
       s.Say("made", made.status());
       Queue* const queue = made->get();
       Request write = Request::Write(f, 0, s.Memory(4096, 'a'));
       Request read = Request::Read(f, 0, s.Memory(4096));
       Status written;
       base::Thread thread;
       const Status started = base::Thread::Start(
           "borrower", [&] { written = queue->Run(&write); }, &thread);
       EXPECT_TRUE(started.ok());
       thread.Join();
       s.Say("there", written);
       s.Say("here", queue->Run(&read));
       s.Say(Story::Outcome(read));
       base::Thread waker = WakeLater(queue);
       Request* out[2];
       s.Say("woken " + std::to_string(queue->Wait(out, 2, kNoTimeout)));
       waker.Join();
     },
     R"(
create f: OK
made: OK
there: OK
here: OK
4096 a4096
woken 0
)"},
};

constexpr StoryCase kWakeStories[] = {
    {"WaitEndsAtItsTime", [](Story& s) { s.Say("got " + WaitFor(s, 4, 1, 2 * kMillisecond)); },
     R"(
got 0 after the time
)"},
    {"WaitOfNoTimeIsAPoll",
     [](Story& s) {
       std::vector<Request*> out(4);
       s.Say("got " + std::to_string(s.queue()->Wait(out, 1, 0)));
     },
     R"(
got 0
)"},
    {"AWakeBeforeTheWaitIsKept",
     [](Story& s) {
       s.queue()->Wake();
       s.Say("got " + WaitFor(s, 4, 1, kNoTimeout));
       s.Say("got " + WaitFor(s, 4, 1, kMillisecond));
     },
     R"(
got 0
got 0 after the time
)"},
    {"TwoWakesAreOne",
     [](Story& s) {
       s.queue()->Wake();
       s.queue()->Wake();
       s.Say("got " + WaitFor(s, 4, 1, kNoTimeout));
       s.Say("got " + WaitFor(s, 4, 1, kMillisecond));
     },
     R"(
got 0
got 0 after the time
)"},
    {"AWakeEndsTheWait",
     [](Story& s) {
       base::Thread waker = WakeLater(s.queue());
       s.Say("got " + WaitFor(s, 4, 1, kNoTimeout));
       waker.Join();
     },
     R"(
got 0
)"},
    {"AWakeEndsAWaitForMany",
     [](Story& s) {
       File* f = s.Create("f");
       s.Allocate(f, 8192);
       std::vector<Request> requests = {Request::Read(f, 0, s.Memory(4096)),
                                        Request::Read(f, 4096, s.Memory(4096))};
       for (Request& request : requests) s.queue()->Submit(&request);
       base::Thread waker = WakeLater(s.queue());
       // More than will ever come: only the wake ends it, early or late for the reads.
       Request* out[8];
       const size_t got = s.queue()->Wait(out, 5, kNoTimeout);
       s.Say("woken");
       waker.Join();
       s.Say("got " + std::to_string(got + s.Collect(2 - got).size()));
     },
     R"(
create f: OK
allocate 8192: OK
woken
got 2
)"},
    {"TimeEndsAWaitForMany",
     [](Story& s) {
       File* f = s.Create("f");
       s.Allocate(f, 4096);
       Request read = Request::Read(f, 0, s.Memory(4096));
       s.queue()->Submit(&read);
       Request* out[8];
       const size_t got = s.queue()->Wait(out, 5, 20 * kMillisecond);
       s.Say("the time is over");
       s.Say("got " + std::to_string(got + s.Collect(1 - got).size()));
     },
     R"(
create f: OK
allocate 4096: OK
the time is over
got 1
)"},
    {"AWakeDuringRunStaysForTheNextWait",
     [](Story& s) {
       File* f = s.Create("f");
       s.queue()->Wake();
       s.Write(f, 0, 4096, 'a');
       s.Read(f, 0, 4096);
       s.Say("got " + WaitFor(s, 4, 1, kNoTimeout));
     },
     R"(
create f: OK
write 0+4096: 4096
read 0+4096: 4096 a4096
got 0
)"},
    {"AWaitForMoreThanRoomTakesWhatFits",
     [](Story& s) {
       File* f = s.Create("f");
       s.Allocate(f, 8192);
       std::vector<Request> requests = {Request::Read(f, 0, s.Memory(4096)),
                                        Request::Read(f, 4096, s.Memory(4096))};
       for (Request& request : requests) s.queue()->Submit(&request);
       s.Say("got " + WaitFor(s, 1, 2, kNoTimeout));
       s.Say("got " + WaitFor(s, 1, 2, kNoTimeout));
     },
     R"(
create f: OK
allocate 8192: OK
got 1
got 1
)"},
    {"ManyWakesLoseNoCompletion",
     [](Story& s) {
       File* f = s.Create("f");
       s.Allocate(f, 16 * 4096);
       std::vector<base::Thread> wakers;
       for (int i = 0; i < 3; ++i) wakers.push_back(WakeLater(s.queue(), 10));
       size_t back = 0;
       for (uint64_t round = 0; round < 20; ++round) {
         std::vector<Request> requests;
         const std::span<std::byte> memory = s.Memory(4096);
         for (uint64_t i = 0; i < 16; ++i) {
           requests.push_back(Request::Read(f, i * 4096, memory.first(i == round % 16 ? 4096 : 0)));
         }
         for (Request& request : requests) s.queue()->Submit(&request);
         back += s.Collect(16).size();
       }
       for (base::Thread& waker : wakers) waker.Join();
       s.Say("back " + std::to_string(back));
     },
     R"(
create f: OK
allocate 65536: OK
back 320
)"},
};

}  // namespace

std::span<const StoryCase> QueueStories() { return kQueueStories; }
std::span<const StoryCase> WakeStories() { return kWakeStories; }

}  // namespace treering::io
